package slacksim

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// elementShape says in which blocks an element may stand and what it holds.
type elementShape struct {
	places string
	check  check
}

const (
	anyBlock  = "section actions input"
	noInput   = "section actions"
	onlyInput = "input"
)

// elementBase is what every interactive element may have.
var elementBase = shape{"type": kind, "action_id": identifier, "confirm": may(confirm)}

var confirm = object(shape{
	"title": need(plain(100)), "text": need(text(300)), "confirm": need(plain(30)), "deny": need(plain(30)),
	"style": may(oneOf("primary", "danger")),
})

var (
	placeholder = may(plain(150))
	focus       = may(focusOnLoad)
	day         = matching(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`, "a date, YYYY-MM-DD")
	clock       = matching(`^([01]\d|2[0-3]):[0-5]\d$`, "a time, HH:mm")
	number      = matching(`^-?\d+(\.\d+)?$`, "a number in a string")
	dispatch    = may(object(shape{
		"trigger_actions_on": may(list(1, 2, oneOf("on_enter_pressed", "on_character_entered"))),
	}))
	choice       = optionOf(plain(75), false)
	markedChoice = optionOf(text(75), false)
	choices      = shape{
		"options":       may(list(1, 100, choice)),
		"option_groups": may(list(1, 100, optionGroup)),
	}
	optionGroup = object(shape{"label": need(plain(75)), "options": need(list(1, 100, choice))})
)

func optionOf(words check, withURL bool) check {
	s := shape{"text": need(words), "value": need(str(0, 150)), "description": may(text(75))}
	if withURL {
		s["url"] = may(str(1, 3000))
	}
	return object(s)
}

func focusOnLoad(k *checker, at string, x any) {
	boolean(k, at, x)
	if x == true {
		k.focused++
	}
}

// elementShapes are the elements known here.
var elementShapes = map[string]elementShape{
	"button": {noInput, object(elementBase.with(shape{
		"text": need(plain(75)), "value": may(str(0, 2000)), "url": may(str(0, 3000)),
		"style": may(oneOf("primary", "danger")), "accessibility_label": may(str(1, 75)),
	}))},
	"image": {"section", object(imageShape.with(shape{"type": kind}), imageHasSource)},
	"overflow": {noInput, object(elementBase.with(shape{
		"options": need(list(1, 5, optionOf(plain(75), true))),
	}))},
	"static_select": {anyBlock, object(elementBase.with(choices).with(shape{
		"placeholder": placeholder, "focus_on_load": focus, "initial_option": may(choice),
	}), offersOnce, initialIsOffered)},
	"multi_static_select": {anyBlock, object(elementBase.with(choices).with(shape{
		"placeholder": placeholder, "focus_on_load": focus, "initial_options": may(list(1, 100, choice)),
		"max_selected_items": may(integer(1, 1000)),
	}), offersOnce, initialIsOffered)},
	"external_select": {anyBlock, object(elementBase.with(shape{
		"placeholder": placeholder, "focus_on_load": focus, "initial_option": may(choice),
		"min_query_length": may(integer(0, 1000)),
	}))},
	"multi_external_select": {anyBlock, object(elementBase.with(shape{
		"placeholder": placeholder, "focus_on_load": focus, "initial_options": may(list(1, 100, choice)),
		"min_query_length": may(integer(0, 1000)), "max_selected_items": may(integer(1, 1000)),
	}))},
	"users_select": {anyBlock, object(elementBase.with(shape{
		"placeholder": placeholder, "focus_on_load": focus, "initial_user": may(str(1, maxIDChars)),
	}))},
	"channels_select": {anyBlock, object(elementBase.with(shape{
		"placeholder": placeholder, "focus_on_load": focus, "initial_channel": may(str(1, maxIDChars)),
		"response_url_enabled": may(boolean),
	}))},
	"radio_buttons": {anyBlock, object(elementBase.with(shape{
		"options": need(list(1, 10, markedChoice)), "initial_option": may(markedChoice), "focus_on_load": focus,
	}), initialIsOffered)},
	"checkboxes": {anyBlock, object(elementBase.with(shape{
		"options": need(list(1, 10, markedChoice)), "initial_options": may(list(1, 10, markedChoice)), "focus_on_load": focus,
	}), initialIsOffered)},
	"datepicker": {anyBlock, object(elementBase.with(shape{
		"placeholder": placeholder, "focus_on_load": focus, "initial_date": may(day),
	}))},
	"timepicker": {anyBlock, object(elementBase.with(shape{
		"placeholder": placeholder, "focus_on_load": focus, "initial_time": may(clock), "timezone": may(str(1, 100)),
	}))},
	"datetimepicker": {"actions input", object(elementBase.with(shape{
		"focus_on_load": focus, "initial_date_time": may(integer(1_000_000_000, 9_999_999_999)),
	}))},
	"plain_text_input": {onlyInput, object(typed.with(shape{
		"initial_value": may(str(0, 3000)), "multiline": may(boolean),
		"min_length": may(integer(0, 3000)), "max_length": may(integer(1, 3000)),
	}), boundsInOrder)},
	"email_text_input": {onlyInput, object(typed.with(shape{"initial_value": may(str(0, 3000))}))},
	"url_text_input":   {onlyInput, object(typed.with(shape{"initial_value": may(str(0, 3000))}))},
	"number_input": {onlyInput, object(typed.with(shape{
		"is_decimal_allowed": need(boolean), "initial_value": may(number), "min_value": may(number), "max_value": may(number),
	}), numbersInOrder)},
	"file_input": {onlyInput, object(shape{
		"type": kind, "action_id": identifier, "filetypes": may(list(1, 100, str(1, 50))), "max_files": may(integer(1, 10)),
	}, onlyInModal)},
}

// typed is what every element to type into may have.
var typed = shape{
	"type": kind, "action_id": identifier, "placeholder": placeholder, "focus_on_load": focus, "dispatch_action_config": dispatch,
}

// element wants an element that may stand in that kind of block.
func element(place string) check {
	return func(k *checker, at string, x any) {
		o, _ := x.(map[string]any)
		kindOf, _ := o["type"].(string)
		spec, ok := elementShapes[kindOf]
		if !ok {
			k.fault(at+"/type", "enum", "an element type", "unsupported type: %v", o["type"])
			return
		}
		if !strings.Contains(spec.places, place) {
			k.fault(at+"/type", "place", spec.places, "an element of type %s does not go into a block of type %s", kindOf, place)
		}
		spec.check(k, at, x)
	}
}

func offersOnce(k *checker, at string, o map[string]any) {
	if (o["options"] == nil) == (o["option_groups"] == nil) {
		k.fault(at, "one_of", []string{"options", "option_groups"}, "needs options or option_groups, not both")
	}
}

// initialIsOffered wants what is chosen at first to equal an option on offer, to the letter.
func initialIsOffered(k *checker, at string, o map[string]any) {
	first, _ := o["initial_options"].([]any)
	key := "/initial_options"
	if o["initial_option"] != nil {
		first, key = []any{o["initial_option"]}, "/initial_option"
	}
	offered := rawOptions(o)
	for _, want := range first {
		if !containsEqual(offered, want) {
			k.fault(at+key, "enum", nil, "must equal one of the options exactly")
		}
	}
}

func containsEqual(list []any, want any) bool {
	for _, x := range list {
		if reflect.DeepEqual(x, want) {
			return true
		}
	}
	return false
}

// rawOptions are the options of an element or of an answer to a suggestion, those in groups too.
func rawOptions(o map[string]any) []any {
	all, _ := o["options"].([]any)
	groups, _ := o["option_groups"].([]any)
	for _, g := range groups {
		group, _ := g.(map[string]any)
		inside, _ := group["options"].([]any)
		all = append(slices.Clip(all), inside...)
	}
	return all
}

func boundsInOrder(k *checker, at string, o map[string]any) {
	low, hasLow := o["min_length"].(json.Number)
	high, hasHigh := o["max_length"].(json.Number)
	if hasLow && hasHigh && float(low.String()) > float(high.String()) {
		k.fault(at+"/min_length", "range", nil, "min_length is more than max_length")
	}
}

func numbersInOrder(k *checker, at string, o map[string]any) {
	low, hasLow := o["min_value"].(string)
	high, hasHigh := o["max_value"].(string)
	if hasLow && hasHigh && float(low) > float(high) {
		k.fault(at+"/min_value", "range", nil, "min_value is more than max_value")
	}
}

func float(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64)
	return f
}

func onlyInModal(k *checker, at string, _ map[string]any) {
	if k.surface != "modal" {
		k.fault(at+"/type", "surface", "modal", "a file_input goes into a modal only")
	}
}

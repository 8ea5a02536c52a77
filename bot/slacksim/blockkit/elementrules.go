package blockkit

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// elementSpec says in which blocks an element may be used and what it may contain.
type elementSpec struct {
	blocks string
	rule   rule
}

// Blocks in which an element may be used.
const (
	anyBlock       = "section actions input"
	exceptInput    = "section actions"
	inputOnly      = "input"
	actionsOrInput = "actions input"
)

// elementShape has the fields of every element that isn't typed into.
var elementShape = shape{"type": typeKey, "action_id": idKey, "confirm": optional(confirmation)}

// confirmation is a confirmation dialog object.
var confirmation = objectOf(shape{
	"title": required(plainText(100)), "text": required(anyText(300)),
	"confirm": required(plainText(30)), "deny": required(plainText(30)),
	"style": optional(oneOf("primary", "danger")),
})

// inputShape has the fields of every element that is typed into.
var inputShape = shape{
	"type": typeKey, "action_id": idKey, "placeholder": placeholder, "focus_on_load": focus,
	"dispatch_action_config": optional(objectOf(shape{
		"trigger_actions_on": optional(listOf(1, 2, oneOf("on_enter_pressed", "on_character_entered"))),
	})),
}

var (
	placeholder = optional(plainText(150))
	focus       = optional(focusOnLoad)

	dateText   = matching(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`, "a date, YYYY-MM-DD")
	timeText   = matching(`^([01]\d|2[0-3]):[0-5]\d$`, "a time, HH:mm")
	numberText = matching(`^-?\d+(\.\d+)?$`, "a number in a string")

	selectOption   = objectOf(optionShape(plainText(75)))
	markedOption   = objectOf(optionShape(anyText(75))) // of radio buttons and checkboxes, which allow mrkdwn
	overflowOption = objectOf(optionShape(plainText(75)).with(shape{"url": optional(stringOf(1, 3000))}))
	optionGroup    = objectOf(shape{"label": required(plainText(75)), "options": required(listOf(1, 100, selectOption))})

	staticOptions = shape{
		"options":       optional(listOf(1, 100, selectOption)),
		"option_groups": optional(listOf(1, 100, optionGroup)),
	}
)

// optionShape has the fields of an option. The rule is that of its label.
func optionShape(label rule) shape {
	return shape{"text": required(label), "value": required(stringOf(0, 150)), "description": optional(anyText(75))}
}

// focusOnLoad counts the elements that want the focus: a view may have one.
func focusOnLoad(k *checker, at string, x any) {
	boolean(k, at, x)
	if x == true {
		k.focused++
	}
}

// elementSpecs are the element types an app may send, from https://docs.slack.dev/reference/block-kit/block-elements. A datetimepicker
// takes seconds: the limits reject milliseconds.
var elementSpecs = map[string]elementSpec{
	"button": {exceptInput, objectOf(elementShape.with(shape{
		"text": required(plainText(75)), "value": optional(stringOf(0, 2000)), "url": optional(stringOf(0, 3000)),
		"style": optional(oneOf("primary", "danger")), "accessibility_label": optional(stringOf(1, 75)),
	}))},
	"image": {"section", objectOf(imageShape.with(shape{"type": typeKey}), oneImageSource)},
	"overflow": {exceptInput, objectOf(elementShape.with(shape{
		"options": required(listOf(1, 5, overflowOption)),
	}))},
	"static_select": {anyBlock, objectOf(elementShape.with(staticOptions).with(shape{
		"placeholder": placeholder, "focus_on_load": focus, "initial_option": optional(selectOption),
	}), eitherOptionsOrGroups, initialIsOffered)},
	"multi_static_select": {anyBlock, objectOf(elementShape.with(staticOptions).with(shape{
		"placeholder": placeholder, "focus_on_load": focus, "initial_options": optional(listOf(1, 100, selectOption)),
		"max_selected_items": optional(integer(1, 1000)),
	}), eitherOptionsOrGroups, initialIsOffered)},
	"external_select": {anyBlock, objectOf(elementShape.with(shape{
		"placeholder": placeholder, "focus_on_load": focus, "initial_option": optional(selectOption),
		"min_query_length": optional(integer(0, 1000)),
	}))},
	"multi_external_select": {anyBlock, objectOf(elementShape.with(shape{
		"placeholder": placeholder, "focus_on_load": focus, "initial_options": optional(listOf(1, 100, selectOption)),
		"min_query_length": optional(integer(0, 1000)), "max_selected_items": optional(integer(1, 1000)),
	}))},
	"users_select": {anyBlock, objectOf(elementShape.with(shape{
		"placeholder": placeholder, "focus_on_load": focus, "initial_user": optional(stringOf(1, maxID)),
	}))},
	"channels_select": {anyBlock, objectOf(elementShape.with(shape{
		"placeholder": placeholder, "focus_on_load": focus, "initial_channel": optional(stringOf(1, maxID)),
		"response_url_enabled": optional(boolean),
	}))},
	"radio_buttons": {anyBlock, objectOf(elementShape.with(shape{
		"options": required(listOf(1, 10, markedOption)), "initial_option": optional(markedOption), "focus_on_load": focus,
	}), initialIsOffered)},
	"checkboxes": {anyBlock, objectOf(elementShape.with(shape{
		"options": required(listOf(1, 10, markedOption)), "initial_options": optional(listOf(1, 10, markedOption)),
		"focus_on_load": focus,
	}), initialIsOffered)},
	"datepicker": {anyBlock, objectOf(elementShape.with(shape{
		"placeholder": placeholder, "focus_on_load": focus, "initial_date": optional(dateText),
	}))},
	"timepicker": {anyBlock, objectOf(elementShape.with(shape{
		"placeholder": placeholder, "focus_on_load": focus, "initial_time": optional(timeText), "timezone": optional(stringOf(1, 100)),
	}))},
	"datetimepicker": {actionsOrInput, objectOf(elementShape.with(shape{
		"focus_on_load": focus, "initial_date_time": optional(integer(1_000_000_000, 9_999_999_999)),
	}))},
	"plain_text_input": {inputOnly, objectOf(inputShape.with(shape{
		"initial_value": optional(stringOf(0, 3000)), "multiline": optional(boolean),
		"min_length": optional(integer(0, 3000)), "max_length": optional(integer(1, 3000)),
	}), lengthsInOrder)},
	"email_text_input": {inputOnly, objectOf(inputShape.with(shape{"initial_value": optional(stringOf(0, 3000))}))},
	"url_text_input":   {inputOnly, objectOf(inputShape.with(shape{"initial_value": optional(stringOf(0, 3000))}))},
	"number_input": {inputOnly, objectOf(inputShape.with(shape{
		"is_decimal_allowed": required(boolean), "initial_value": optional(numberText),
		"min_value": optional(numberText), "max_value": optional(numberText),
	}), valuesInOrder)},
	"file_input": {inputOnly, objectOf(shape{
		"type": typeKey, "action_id": idKey, "filetypes": optional(listOf(1, 100, stringOf(1, 50))),
		"max_files": optional(integer(1, 10)),
	}, modalOnly)},
}

// elementIn allows the elements that may be used in blocks of that type.
func elementIn(blockType string) rule {
	return func(k *checker, at string, x any) {
		o, _ := x.(map[string]any)
		elementType := stringField(o, "type")
		spec, ok := elementSpecs[elementType]
		if !ok {
			k.report(at+"/type", "enum", "an element type", "unsupported type: %v", o["type"])
			return
		}
		if !strings.Contains(spec.blocks, blockType) {
			k.report(at+"/type", "place", spec.blocks, "an element of type %s isn't allowed in a block of type %s", elementType, blockType)
		}
		spec.rule(k, at, x)
	}
}

// eitherOptionsOrGroups requires options or option_groups, but not both.
func eitherOptionsOrGroups(k *checker, at string, o map[string]any) {
	if (o["options"] == nil) == (o["option_groups"] == nil) {
		k.report(at, "one_of", []string{"options", "option_groups"}, "needs options or option_groups, not both")
	}
}

// initialIsOffered requires that each initial option equals one of the options in every field.
func initialIsOffered(k *checker, at string, o map[string]any) {
	initial, key := listField(o, "initial_options"), "/initial_options"
	if o["initial_option"] != nil {
		initial, key = []any{o["initial_option"]}, "/initial_option"
	}
	offered := rawOptions(o)
	for _, want := range initial {
		if !slices.ContainsFunc(offered, func(x any) bool { return reflect.DeepEqual(x, want) }) {
			k.report(at+key, "enum", nil, "must equal one of the options exactly")
		}
	}
}

// rawOptions returns the options of an element, including those in groups.
func rawOptions(o map[string]any) []any {
	all := listField(o, "options")
	for _, x := range listField(o, "option_groups") {
		group, _ := x.(map[string]any)
		all = append(slices.Clip(all), listField(group, "options")...)
	}
	return all
}

// lengthsInOrder requires that min_length isn't above max_length.
func lengthsInOrder(k *checker, at string, o map[string]any) {
	low, hasLow := o["min_length"].(json.Number)
	high, hasHigh := o["max_length"].(json.Number)
	if hasLow && hasHigh && toFloat(low.String()) > toFloat(high.String()) {
		k.report(at+"/min_length", "range", nil, "min_length is more than max_length")
	}
}

// valuesInOrder requires that min_value isn't above max_value; both are strings.
func valuesInOrder(k *checker, at string, o map[string]any) {
	low, hasLow := o["min_value"].(string)
	high, hasHigh := o["max_value"].(string)
	if hasLow && hasHigh && toFloat(low) > toFloat(high) {
		k.report(at+"/min_value", "range", nil, "min_value is more than max_value")
	}
}

// modalOnly forbids a file_input outside modals.
func modalOnly(k *checker, at string, _ map[string]any) {
	if k.surface != modal {
		k.report(at+"/type", "surface", modal, "a file_input is allowed in a modal only")
	}
}

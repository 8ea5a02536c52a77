package blocks

import (
	"cmp"
	"time"

	"github.com/slack-go/slack"
)

// Input describes a field of a modal.
type Input struct {
	// Name is both the block_id and the action_id.
	Name string
	// Label stands above the field, Hint in small letters under it, Placeholder in it while it is empty.
	Label, Hint, Placeholder string
	// Optional lets the form be submitted without it.
	Optional bool
	// Dispatch sends a click for every change.
	Dispatch bool
}

// TextInput returns a line to type into, with at most limit characters (0 = Slack's 3,000).
func TextInput(in Input, initial string, limit int) *slack.InputBlock {
	return textInput(in, initial, limit, false)
}

// TextArea returns several lines to type into, with at most limit characters (0 = Slack's 3,000).
func TextArea(in Input, initial string, limit int) *slack.InputBlock {
	return textInput(in, initial, limit, true)
}

func textInput(in Input, initial string, limit int, multiline bool) *slack.InputBlock {
	if limit <= 0 || limit > maxInput {
		limit = maxInput
	}
	e := slack.NewPlainTextInputBlockElement(in.placeholder(), in.Name)
	e.Multiline = multiline
	e.MaxLength = limit
	if initial != "" {
		e.InitialValue = clean(initial, limit)
	}
	return in.around(e)
}

// ExternalSelect returns a select. Slack requests its options when it is opened and while the user types. The initial option
// may be nil.
func ExternalSelect(in Input, initial *slack.OptionBlockObject) *slack.InputBlock {
	e := Picker(in.Name, in.Placeholder)
	e.Placeholder = in.placeholder()
	e.InitialOption = initial
	return in.around(e)
}

// StaticSelect returns a select among up to 100 options; the one with the initial value is chosen at first.
func StaticSelect(in Input, initial string, options ...*slack.OptionBlockObject) *slack.InputBlock {
	options = options[:min(len(options), maxOptions)]
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, in.placeholder(), in.Name, options...)
	e.InitialOption = withValue(options, initial)
	return in.around(e)
}

// Radio returns up to ten options under each other; the one with the initial value is chosen at first.
func Radio(in Input, initial string, options ...*slack.OptionBlockObject) *slack.InputBlock {
	options = options[:min(len(options), maxRadio)]
	e := slack.NewRadioButtonsBlockElement(in.Name, options...)
	e.InitialOption = withValue(options, initial)
	return in.around(e)
}

// DateTime returns a date and time, in the person's time zone; empty at first if initial is the zero time.
func DateTime(in Input, initial time.Time) *slack.InputBlock {
	e := slack.NewDateTimePickerBlockElement(in.Name)
	if !initial.IsZero() {
		e.InitialDateTime = initial.Unix()
	}
	return in.around(e)
}

// FileInput returns a field for at most limit files (1 to 10), with the endings that the person's computer offers first
// ("csv"); it may give others too, and Slack takes files of up to 10 MB.
func FileInput(in Input, endings []string, limit int) *slack.InputBlock {
	e := slack.NewFileInputBlockElement(in.Name).WithFileTypes(endings...).WithMaxFiles(max(1, min(limit, maxFiles)))
	in.Dispatch = false // Slack refuses it here
	return in.around(e)
}

// Option returns one choice.
func Option(text, value string) *slack.OptionBlockObject {
	return slack.NewOptionBlockObject(cmp.Or(cutID(value, maxOptionValue), Empty), plain(text, maxOptionText), nil)
}

// DescribedOption returns one choice with a smaller line below it; the line may be empty.
func DescribedOption(text, description, value string) *slack.OptionBlockObject {
	o := Option(text, value)
	if description != "" {
		o.Description = plain(description, maxOptionText)
	}
	return o
}

func withValue(options []*slack.OptionBlockObject, value string) *slack.OptionBlockObject {
	for _, o := range options {
		if o.Value == value {
			return o
		}
	}
	return nil
}

func (in Input) around(element slack.BlockElement) *slack.InputBlock {
	b := slack.NewInputBlock(in.Name, plain(in.Label, maxLabel), nil, element)
	if in.Hint != "" {
		b.Hint = plain(in.Hint, maxLabel)
	}
	b.Optional = in.Optional
	b.DispatchAction = in.Dispatch
	return b
}

func (in Input) placeholder() *slack.TextBlockObject {
	if in.Placeholder == "" {
		return nil
	}
	return plain(in.Placeholder, maxPlaceholder)
}

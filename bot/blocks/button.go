package blocks

import "github.com/slack-go/slack"

// Actions returns a row of up to 25 buttons or selects. The id may be empty.
func Actions(id string, elements ...slack.BlockElement) *slack.ActionBlock {
	return slack.NewActionBlock(cutID(id, maxID), elements[:min(len(elements), maxActions)]...)
}

// Button returns a button that sends value with actionID.
func Button(actionID, text, value string, options ...ButtonOption) *slack.ButtonBlockElement {
	b := slack.NewButtonBlockElement(cutID(actionID, maxID), cutID(value, maxButtonValue), plain(text, maxButtonText))
	for _, option := range options {
		option(b)
	}
	return b
}

// ButtonOption changes a [Button].
type ButtonOption func(*slack.ButtonBlockElement)

// Primary makes the button the one that is asked for: green.
func Primary(b *slack.ButtonBlockElement) { setStyle(b, slack.StylePrimary) }

// Danger makes the button one to think twice about: red.
func Danger(b *slack.ButtonBlockElement) { setStyle(b, slack.StyleDanger) }

// Ask makes Slack ask before it passes on the click: a title, a text, and the words on the two buttons. Only yes is a
// click. The button of yes has the colour of the button.
func Ask(title, text, yes, no string) ButtonOption {
	return func(b *slack.ButtonBlockElement) {
		b.Confirm = slack.NewConfirmationBlockObject(
			plain(title, maxAskTitle), plain(text, maxAskText), plain(yes, maxAskButton), plain(no, maxAskButton))
		setStyle(b, b.Style)
	}
}

func setStyle(b *slack.ButtonBlockElement, s slack.Style) {
	b.Style = s
	if b.Confirm != nil {
		b.Confirm.Style = s
	}
}

// Label says to screen readers what the button does, when its text alone ("Open") does not.
func Label(s string) ButtonOption {
	return func(b *slack.ButtonBlockElement) { b.AccessibilityLabel = clean(s, maxButtonText) }
}

// WithButton puts a button to the right of a section.
func WithButton(section *slack.SectionBlock, button *slack.ButtonBlockElement) *slack.SectionBlock {
	section.Accessory = slack.NewAccessory(button)
	return section
}

// Picker returns a select for [Actions]. Slack requests its options while the user types.
func Picker(actionID, placeholder string) *slack.SelectBlockElement {
	// 0 loads options when the list is opened, before anything is typed.
	length := 0
	s := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, plain(placeholder, maxPlaceholder), cutID(actionID, maxID))
	s.MinQueryLength = &length
	return s
}

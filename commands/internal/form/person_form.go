package form

import (
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/sends/recipients"
)

// PersonInputs asks for a person's contact data. typed has the initial values by field.
func PersonInputs(emailOptional bool, typed map[string]string) []slack.Block {
	line := func(in blocks.Input, limit int) slack.Block { return blocks.TextInput(in, typed[in.Name], limit) }
	return []slack.Block{
		line(blocks.Input{Name: FieldEmail, Label: "E-mail address", Optional: emailOptional}, MaxNameInput),
		line(blocks.Input{Name: FieldFirstName, Label: "First name", Optional: true}, MaxNameInput),
		line(blocks.Input{Name: FieldLastName, Label: "Last name", Optional: true}, MaxNameInput),
		line(blocks.Input{
			Name: FieldPhone, Label: "Phone number", Optional: true, Hint: "With + and the country code, as +32470123456.",
		}, MaxIDInput),
	}
}

// ReadContact reads and normalises the e-mail address and the phone number, each of which may be empty.
func ReadContact(v Values, region string) (email, phone string, wrong map[string]string) {
	wrong = map[string]string{}
	if typed := v.Value(FieldEmail); typed != "" {
		var err error
		if email, err = recipients.Address(typed); err != nil {
			wrong[FieldEmail] = err.Error()
		}
	}
	if typed := v.Value(FieldPhone); typed != "" {
		to, err := recipients.Phone(typed, recipients.Rules{Kind: recipients.SMS, Region: region})
		if err != nil {
			wrong[FieldPhone] = err.Error()
		}
		phone = to.To
	}
	return email, phone, wrong
}

// Country finds a country by its code, in upper or lower case (ISO 3166 alpha-2).
func Country(code string) (recipients.Country, bool) {
	for _, c := range recipients.Countries() {
		if strings.EqualFold(c.Code, code) {
			return c, true
		}
	}
	return recipients.Country{}, false
}

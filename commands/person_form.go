package commands

import (
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/sends/recipients"
)

// personInputs asks for a person's contact data. typed has the initial values by field.
func personInputs(emailOptional bool, typed map[string]string) []slack.Block {
	line := func(in blocks.Input, limit int) slack.Block { return blocks.TextInput(in, typed[in.Name], limit) }
	return []slack.Block{
		line(blocks.Input{Name: fieldEmail, Label: "E-mail address", Optional: emailOptional}, maxNameInput),
		line(blocks.Input{Name: fieldFirstName, Label: "First name", Optional: true}, maxNameInput),
		line(blocks.Input{Name: fieldLastName, Label: "Last name", Optional: true}, maxNameInput),
		line(blocks.Input{
			Name: fieldPhone, Label: "Phone number", Optional: true, Hint: "With + and the country code, as +32470123456.",
		}, maxIDInput),
	}
}

// readContact reads and normalises the e-mail address and the phone number, each of which may be empty.
func readContact(v formValues, region string) (email, phone string, wrong map[string]string) {
	wrong = map[string]string{}
	if typed := v.Value(fieldEmail); typed != "" {
		var err error
		if email, err = recipients.Address(typed); err != nil {
			wrong[fieldEmail] = err.Error()
		}
	}
	if typed := v.Value(fieldPhone); typed != "" {
		to, err := recipients.Phone(typed, recipients.Rules{Kind: recipients.SMS, Region: region})
		if err != nil {
			wrong[fieldPhone] = err.Error()
		}
		phone = to.To
	}
	return email, phone, wrong
}

// country finds a country by its code, in upper or lower case (ISO 3166 alpha-2).
func country(code string) (recipients.Country, bool) {
	for _, c := range recipients.Countries() {
		if strings.EqualFold(c.Code, code) {
			return c, true
		}
	}
	return recipients.Country{}, false
}

package recipients_test

import (
	"context"
	"fmt"

	"github.com/coupontools/couponbot/sends/recipients"
)

func ExampleParse() {
	list := recipients.Parse("+32 470 12 34 56\n0470/12.34.56; +32 906 12 345",
		recipients.Rules{Kind: recipients.SMS, Region: "BE", Allowed: []string{"BE"}, Max: 50})

	for _, r := range list.Recipients {
		fmt.Println(r.To, r.Country)
	}
	for _, l := range list.LeftOut {
		fmt.Printf("line %d, %s: %s\n", l.Line, l.Text, l.Reason)
	}
	// Output:
	// +32470123456 BE
	// line 2, 0470/12.34.56: It is the same number as in line 1.
	// line 2, +32 906 12 345: It's a premium-rate number, and those aren't allowed.
}

func ExampleRead() {
	file := &recipients.File{Name: "clients.csv", Content: []byte("Naam;GSM\nMia;0470 12 34 56\n\"Peeters; Jan\";3,2471E+10\n")}

	list, err := recipients.Read(context.Background(), "+32 470 12 34 56", file, recipients.Rules{Kind: recipients.SMS, Region: "BE"})
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range list.Recipients {
		fmt.Println(r.Place(), r.To)
	}
	for _, l := range list.LeftOut {
		fmt.Printf("%s, %s: %s\n", l.Place(), l.Rule, l.Reason)
	}
	// Output:
	// line 1 +32470123456
	// row 2 of the file, duplicate: It is the same number as in line 1.
	// row 3 of the file, spreadsheet: A spreadsheet changed this number. Format its column as text and enter it again.
}

func ExampleAddress() {
	fmt.Println(recipients.Address("<mailto:Mia@Bücher.example|Mia@Bücher.example>"))
	fmt.Println(recipients.Address("Mia <mia@example.com>"))
	// Output:
	// mia@xn--bcher-kva.example <nil>
	// mia@example.com <nil>
}

func ExampleMask() {
	fmt.Println(recipients.Mask("+32470000001"))
	fmt.Println(recipients.Mask("mia@example.com"))
	// Output:
	// +32 470 •• •• 01
	// m•••@example.com
}

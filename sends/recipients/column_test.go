package recipients_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/sends/recipients"
)

// tableOf writes the same columns for several people, with numbers of their own where a cell is a pattern.
func tableOf(header string, row string, rows int) string {
	var b strings.Builder
	if header != "" {
		b.WriteString(header + "\n")
	}
	for i := range rows {
		b.WriteString(strings.ReplaceAll(row, "#", fmt.Sprintf("%02d", i)) + "\n")
	}
	return b.String()
}

func TestRead_takes_the_column(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		content string
		rules   recipients.Rules
		want    string // the first recipient
	}{
		"mobile before phone":          {tableOf("Phone;Mobile", "025550100;04700000#", 5), smsBE, "+32470000000"},
		"phone before fax":             {tableOf("Fax;Telefoon", "025550100;04700000#", 5), smsBE, "+32470000000"},
		"header before content":        {tableOf("Klant;GSM", "4710000#;04700000#", 5), smsBE, "+32470000000"},
		"header without content":       {tableOf("Phone;Contact", "yes;04700000#", 5), smsBE, "+32470000000"},
		"email beside opt-in":          {tableOf("E-mail opt-in;E-mail", "yes;p#@example.com", 5), email, "p00@example.com"},
		"email for an SMS send is not": {tableOf("Mobile e-mail;Tel", "p#@example.com;04700000#", 5), smsBE, "+32470000000"},
		"content without any header":   {tableOf("", "p#@example.com;Mia;04700000#", 5), email, "p00@example.com"},
		"rows without a number":        {"Name;Mobile\n" + strings.Repeat("x;\n", 1500) + "Mia;0470000000", smsBE, "+32470000000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			list := readFile(t, tt.content, tt.rules)

			if len(list.Recipients) == 0 || list.Recipients[0].To != tt.want {
				t.Errorf("Read = %+v, want %s first", list, tt.want)
			}
		})
	}
}

func TestRead_asks_for_the_column(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		content string
		rules   recipients.Rules
		want    []recipients.Column
	}{
		"two e-mail columns": {
			tableOf("Name;E-mail;E-mail 2", "Mia;a#@example.com;b#@example.com", 4), email, []recipients.Column{
				{ID: "0/1", Name: "E-mail", Samples: []string{"a•••@example.com", "a•••@example.com", "a•••@example.com"}, Usable: 4},
				{ID: "0/2", Name: "E-mail 2", Samples: []string{"b•••@example.com", "b•••@example.com", "b•••@example.com"}, Usable: 4},
			},
		},
		"two columns without a header": {
			"Mia;0470000001;0471000001\nJan;0470000002;\n", smsBE, []recipients.Column{
				{ID: "0/1", Name: "Column B", Samples: []string{"+32 470 •• •• 01", "+32 470 •• •• 02"}, Usable: 2},
				{ID: "0/2", Name: "Column C", Samples: []string{"+32 471 •• •• 01"}, Usable: 1},
			},
		},
		"few mobiles beside many phones": {
			"Phone;Mobile\n0470000001;0471000001\n0470000002;\n0470000003;\n", smsBE, []recipients.Column{
				{ID: "0/1", Name: "Mobile", Samples: []string{"+32 471 •• •• 01"}, Usable: 1},
				{ID: "0/0", Name: "Phone", Samples: []string{"+32 470 •• •• 01", "+32 470 •• •• 02", "+32 470 •• •• 03"}, Usable: 3},
			},
		},
		"the header says one, the content another": {
			"Phone;Other\n12345678901234;0470000001\n12345678901235;0470000002\n", smsBE, []recipients.Column{
				{ID: "0/0", Name: "Phone", Samples: []string{"•••", "•••"}},
				{ID: "0/1", Name: "Other", Samples: []string{"+32 470 •• •• 01", "+32 470 •• •• 02"}, Usable: 2},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, err := recipients.Read(t.Context(), "", &recipients.File{Content: []byte(tt.content)}, tt.rules)

			doubt, ok := errors.AsType[*recipients.ColumnDoubt](err)
			if !ok {
				t.Fatalf("Read = %v, want a doubt", err)
			}
			if diff := cmp.Diff(tt.want, doubt.Columns); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRead_takes_the_column_asked_for(t *testing.T) {
	t.Parallel()
	csv := []byte("Name;E-mail;E-mail 2\nMia;a@example.com;b@example.com\nJan;;c@example.com")
	xlsx := workbook(t, [][]any{{"Name", "Mail"}, {"Mia", "x@example.com"}},
		[][]any{{"Name", "E-mail", "E-mail 2"}, {"Mia", "a@example.com", "b@example.com"}, {"Jan", "", "c@example.com"}})
	const first, second = "row 2: a@example.com, row 3: empty", "row 2: b@example.com, row 3: c@example.com"
	for name, tt := range map[string]struct {
		file recipients.File
		want string
	}{
		"the first":                 {recipients.File{Content: csv, Column: "0/1"}, first},
		"the second":                {recipients.File{Content: csv, Column: "0/2"}, second},
		"that of another sheet":     {recipients.File{Content: xlsx, Column: "1/2"}, second},
		"one that there is not":     {recipients.File{Content: xlsx, Column: "1/9"}, "*recipients.ColumnDoubt"},
		"a sheet that there is not": {recipients.File{Content: xlsx, Column: "7/0"}, "row 2: x@example.com"},
		"no ID at all":              {recipients.File{Content: csv, Column: "-1/x"}, "*recipients.ColumnDoubt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			list, err := recipients.Read(t.Context(), "", &tt.file, email)

			got := inFile(described(list))
			if err != nil {
				got = fmt.Sprintf("%T", err)
			}
			if got != tt.want {
				t.Errorf("Read = %s, want %s", got, tt.want)
			}
		})
	}
}

// Offered columns are the best ones, and hold nothing of a person.
func TestRead_offers_few_columns(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("Phone;", 40) + "\n" + strings.Repeat("x;", 30) + strings.Repeat("0470000001;", 10)

	_, err := recipients.Read(t.Context(), "", &recipients.File{Content: []byte(content)}, smsBE)

	doubt, ok := errors.AsType[*recipients.ColumnDoubt](err)
	if !ok || len(doubt.Columns) != recipients.MaxColumns || doubt.Columns[0].ID != "0/30" || doubt.Columns[0].Usable != 1 {
		t.Errorf("Read = %+v, want the twenty best columns", err)
	}
}

func TestRead_headers(t *testing.T) {
	t.Parallel()
	// Only a header that is understood can tell the two columns apart.
	phones := strings.FieldsSeq(`GSM Mobiel Telefoonnummer Portable Handynummer Mobilfunknummer Mobiltelefon Móvil Celular Cellulare
		Telemóvel Komórka Matkapuhelin CepTelefonu мобильный κινητό 手机 携帯電話 Téléphone_mobile mobile-phone PHONE Tel. tel1
		TELEFON Teléfono Telefone Puhelin Rufnummer Telefonszám телефон 電話番号 WhatsApp Gsm-nummer phone_number customerPhone`)
	for header := range phones {
		content := tableOf("Customer;"+header, "4710000#;04700000#", 3)
		list, err := recipients.Read(t.Context(), "", &recipients.File{Content: []byte(content)}, smsBE)
		if err != nil || len(list.Recipients) == 0 || list.Recipients[0].To != "+32470000000" {
			t.Errorf("the header %q is not understood: %v", header, err)
		}
	}
	addresses := strings.FieldsSeq(`E-mail email EMAIL Mail e-mailadres E-Mail-Adresse Courriel Adresse_e-mail Correo correo_electrónico
		Posta e-posta E-post sähköposti почта メール 邮箱 customer_email mailto E-postadress имейл`)
	for header := range addresses {
		content := tableOf("Login;"+header, "l#@example.com;p#@example.com", 3)
		list, err := recipients.Read(t.Context(), "", &recipients.File{Content: []byte(content)}, email)
		if err != nil || len(list.Recipients) == 0 || list.Recipients[0].To != "p00@example.com" {
			t.Errorf("the header %q is not understood: %v", header, err)
		}
	}
	for _, header := range []string{"Hotel", "Mailing", "Customer", "Cellar", "Facsimile", "Naam"} {
		content := tableOf("Login;"+header, "4710000#;04700000#", 3)
		_, err := recipients.Read(t.Context(), "", &recipients.File{Content: []byte(content)}, smsBE)
		if _, ok := errors.AsType[*recipients.ColumnDoubt](err); !ok {
			t.Errorf("the header %q is taken for a phone's: %v", header, err)
		}
	}
}

package recipients_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/sends/recipients"
)

// tableOf repeats a row for several people; each # becomes the person's two-digit number.
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

func read(tb testing.TB, content string, r recipients.Rules) (recipients.List, error) {
	tb.Helper()
	return recipients.Read(tb.Context(), "", &recipients.File{Content: []byte(content)}, r)
}

func TestRead_chooses_the_column(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		content string
		rules   recipients.Rules
		want    string // the column, or the question
	}{
		"mobile before phone of fixed lines":   {tableOf("Phone;Mobile", "025550100;04700000#", 5), smsBE, "column B “Mobile” below row 1"},
		"phone before fax":                     {tableOf("Fax;Telefoon", "025550100;04700000#", 5), smsBE, "column B “Telefoon” below row 1"},
		"ids are no recipients":                {tableOf("Klant;GSM", "4710000#;04700000#", 5), smsBE, "column B “GSM” below row 1"},
		"a member number beside an unknown":    {tableOf("Lidnummer;Contact", "4710000#;04700000#", 5), smsBE, "column B “Contact” below row 1"},
		"the same numbers twice":               {tableOf("Phone;Mobile", "+324700000#;04700000#", 5), smsBE, "column B “Mobile” below row 1"},
		"header without content":               {tableOf("Phone;Contact", "yes;04700000#", 5), smsBE, "ask: B 5"},
		"email beside opt-in":                  {tableOf("E-mail opt-in;E-mail", "yes;p#@example.com", 5), email, "column B “E-mail” below row 1 with column A “E-mail opt-in”"},
		"email for an SMS send is not":         {tableOf("Mobile e-mail;Tel", "p#@example.com;04700000#", 5), smsBE, "column B “Tel” below row 1"},
		"content without any header":           {tableOf("", "p#@example.com;Mia;04700000#", 5), email, "column A"},
		"rows without a number":                {"Name;Mobile\n" + strings.Repeat("x;\n", 1500) + "Mia;0470000000", smsBE, "column B “Mobile” below row 1"},
		"another person's full column":         {tableOf("Mobile;Parent mobile", "04700000#;04710000#", 5), smsBE, "column A “Mobile” below row 1"},
		"the own number is a phone":            {tableOf("Tel;GSM contactpersoon", "04700000#;04710000#", 5), smsBE, "column A “Tel” below row 1"},
		"an unknown header, all valid":         {tableOf("Nimi;Kontakti", "x;04700000#", 5), smsBE, "column B “Kontakti” below row 1"},
		"a customer's phone":                   {tableOf("Customer no;Customer phone", "4710000#;04700000#", 5), smsBE, "column B “Customer phone” below row 1"},
		"mobile and phone, both mobiles":       {tableOf("Phone;Mobile", "04710000#;04700000#", 5), smsBE, "ask: B 5, A 5"},
		"two e-mail columns":                   {tableOf("Name;E-mail;E-mail 2", "Mia;a#@example.com;b#@example.com", 4), email, "ask: B 4, C 4"},
		"two columns without a header":         {"Mia;0470000001;0471000001\nJan;0470000002;\n", smsBE, "ask: B 2, C 1"},
		"rows of two numbers, no header":       {"0470000001;0471000001\n0470000002;0471000002\n", smsBE, "ask: A 2, B 2, all 4"},
		"rows of two numbers, some missing":    {"0470000001;0471000001\n0470000002;\n;0471000003\n", smsBE, "ask: A 2, A else B 3, B 2, all 4"},
		"few mobiles beside many phones":       {"Phone;Mobile\n0470000001;0471000001\n0470000002;\n0470000003;\n", smsBE, "ask: B 1, B else A 3, A 3"},
		"the header says one, content another": {"Phone;Other\n12345678901234;0470000001\n12345678901235;0470000002\n", smsBE, "ask: A 0, B 2"},
		"an unknown column that differs":       {tableOf("Contact;GSM", "04710000#;04700000#", 5), smsBE, "ask: B 5, A 5"},
		"another person's column alone":        {tableOf("Naam;Noodcontact", "x;04700000#", 5), smsBE, "ask: B 5"},
		"another person's and a nearly empty":  {"Phone;Owner phone\n" + strings.Repeat(";0470000001\n", 9) + "0470000002;\n", smsBE, "ask: A 1, B 9"},
		"ids alone":                            {tableOf("Naam;Lidnummer", "x;04700000#", 5), smsBE, "ask: B 5"},
		"a bare number":                        {tableOf("Naam;Nummer", "x;04700000#", 5), smsBE, "ask: B 5"},
		"an unknown header, many invalid":      {"Name;Info\nA;0470000001\nB;0470000002\nC;none\nD;0470000003\n", smsBE, "ask: B 3"},
		"a first row that is data":             {"Mia,0470 00 00\nJan,+32470000002", smsBE, "ask: B 1"},
		"a title with an address":              {"Export door;admin@shop.example;\nNaam;E-mail;Uitgeschreven\nA;a@x.example;ja\nB;b@x.example;\n", email, "column B “E-mail” below row 2 with column C “Uitgeschreven”"},
		"a title with a word of a header":      {"Lijst;Mobile campagne;\nNaam;GSM;Opt-out\nA;0470000001;ja\nB;0470000002;\n", smsBE, "column B “GSM” below row 2 with column C “Opt-out”"},
		"dates of opting out":                  {"Name;Telefon;Abgemeldet am\nA;015112345678;05.03.2024\nB;015112345679;\n", recipients.Rules{Kind: recipients.SMS, Region: "DE"}, "column B “Telefon” below row 1 with column C “Abgemeldet am”"},
		"dates of opting out of SMS":           {"Name;Telefon;SMS opt-out\nA;015112345678;20240305\nB;015112345679;\n", recipients.Rules{Kind: recipients.SMS, Region: "DE"}, "column B “Telefon” below row 1 with column C “SMS opt-out”"},
		"a billing column without gaps":        {"Billing Phone,Shipping Phone\n0470000001,0471000001\n0470000002,\n", smsBE, "ask: B 1, A 2"},
		"ids without a header":                 {"A;412345678\nB;412345679\nC;470345678\n", smsBE, "ask: B 1"},
		"a text too long for a header":         {"Name;" + strings.Repeat("mobile ", 50) + "\nA;0470000001\nB;x\nC;y\n", smsBE, "ask: B 1"},
		"all with extensions":                  {"Name;Phone\nA;212-555-0123 x12\nB;212-555-0124 x13\n", recipients.Rules{Kind: recipients.SMS, Region: "US"}, "column B “Phone” below row 1"},
		"a second contender late in the list":  {"Phone;Extra\n" + strings.Repeat("0470000001;\n", 1500) + ";0471000001\n", smsBE, "ask: A 1500, A else B 1501, B 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			list, err := read(t, tt.content, tt.rules)

			got := outcome(recipients.List{Source: list.Source}, err)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Read (-want +got):\n%s", diff)
			}
		})
	}
}

// A question shows what a person needs to answer it: letters, headers, and examples as written in the file.
func TestRead_question(t *testing.T) {
	t.Parallel()

	_, err := read(t, "Name;Mobile;Phone\nMia;0471000001;\nJan;;0470 00 00 02\nAn;;0470000003\n", smsBE)

	want := &recipients.ColumnQuestion{
		Why: "In 2 rows only column C “Phone” has a phone number.",
		Columns: []recipients.Column{
			{ID: "1/1", Column: recipients.ColumnName{Letter: "B", Header: "Mobile"}, Examples: []string{"0471000001"}, Count: 1},
			{
				ID: "1/1/2", Column: recipients.ColumnName{Letter: "B", Header: "Mobile"},
				Else: recipients.ColumnName{Letter: "C", Header: "Phone"}, Examples: []string{"0471000001", "0470 00 00 02"}, Count: 3,
			},
			{ID: "1/2", Column: recipients.ColumnName{Letter: "C", Header: "Phone"}, Examples: []string{"0470 00 00 02", "0470000003"}, Count: 2},
		},
	}
	got, _ := errors.AsType[*recipients.ColumnQuestion](err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("question (-want +got):\n%s", diff)
	}
}

func TestRead_takes_the_column_that_was_chosen(t *testing.T) {
	t.Parallel()
	csv := []byte("Name;E-mail;E-mail 2\nMia;a@example.com;b@example.com\nJan;;c@example.com")
	xlsx := workbook(t, [][]any{{"Name", "Mail"}, {"Mia", "x@example.com"}},
		[][]any{{"Name", "E-mail", "E-mail 2"}, {"Mia", "a@example.com", "b@example.com"}, {"Jan", "", "c@example.com"}})
	const first, second = "row 2: a@example.com, row 3: empty", "row 2: b@example.com, row 3: c@example.com"
	for name, tt := range map[string]struct {
		file recipients.File
		want string
	}{
		"the first":                 {recipients.File{Content: csv, Column: "1/1"}, first},
		"the second":                {recipients.File{Content: csv, Column: "1/2"}, second},
		"one with another's gaps":   {recipients.File{Content: csv, Column: "1/1/2"}, "row 2: a@example.com, row 3: c@example.com"},
		"that of another sheet":     {recipients.File{Content: xlsx, Column: "1/2"}, second},
		"one that there is not":     {recipients.File{Content: xlsx, Column: "1/9"}, "*recipients.ColumnQuestion"},
		"a sheet that there is not": {recipients.File{Content: xlsx, Column: "7/0"}, "*recipients.ColumnQuestion"},
		"no ID at all":              {recipients.File{Content: csv, Column: "-1/x"}, "*recipients.ColumnQuestion"},
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

func TestRead_several_sheets(t *testing.T) {
	t.Parallel()
	book := workbook(t, [][]any{{"Name", "Mail"}, {"Mia", "x@example.com"}}, [][]any{{"E-mail"}, {"a@example.com"}, {"b@example.com"}}, [][]any{{"Notes"}})

	_, err := recipients.Read(t.Context(), "", &recipients.File{Content: book}, email)

	if got := outcome(recipients.List{}, err); got != "ask: Sheet1 B 1, Sheet2 A 2" {
		t.Errorf("Read: %s, want a question about the two sheets with recipients", got)
	}
}

// Questions offer the best columns, and at most as many as a menu can show.
func TestRead_offers_few_columns(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("Phone;", 40) + "\n" + strings.Repeat("x;", 15)
	for i := range 25 {
		content += fmt.Sprintf("04700000%02d;", i)
	}

	_, err := read(t, content, smsBE)

	question, ok := errors.AsType[*recipients.ColumnQuestion](err)
	if !ok || len(question.Columns) != recipients.MaxColumns || question.Columns[0].ID != "1/15" || question.Columns[0].Count != 1 {
		t.Errorf("Read = %+v, want the twenty best columns", err)
	}
}

func TestColumns(t *testing.T) {
	t.Parallel()
	content := "Klantnr;Name;Mobile;Parent phone;City\n0470100001;Mia;0470000001;0471000001;Gent\n0470100002;Jan;0470000002;;Gent\n"

	columns, err := recipients.Columns(t.Context(), recipients.File{Content: []byte(content)}, smsBE)

	var got []string
	for _, c := range columns {
		got = append(got, optionText(c))
	}
	if diff := cmp.Diff([]string{"C 2", "D 1", "A 2"}, got); err != nil || diff != "" {
		t.Errorf("Columns = %v (-want +got):\n%s", err, diff)
	}
}

func TestRead_headers(t *testing.T) {
	t.Parallel()
	// Next to an id, a column of mostly wrong phones is taken only if its header is known.
	phones := strings.FieldsSeq(`GSM Mobiel Telefoonnummer Portable Handynummer Mobilfunknummer Mobiltelefon Móvil Celular Cellulare
		Telemóvel Komórka Matkapuhelin CepTelefonu мобильный κινητό 手机 携帯電話 Téléphone_mobile mobile-phone PHONE Tel. tel1
		TELEFON Teléfono Telefone Puhelin Rufnummer Telefonszám телефон 電話番号 WhatsApp Gsm-nummer phone_number customerPhone Phone_No`)
	for header := range phones {
		if list, err := read(t, "Naam;"+header+"\nA;0470000001\nB;x\nC;y\n", smsBE); err != nil || len(list.Recipients) != 1 {
			t.Errorf("the header %q is not understood: %v", header, err)
		}
	}
	addresses := strings.FieldsSeq(`E-mail email EMAIL Mail e-mailadres E-Mail-Adresse Courriel Adresse_e-mail Correo correo_electrónico
		Posta e-posta E-post sähköposti почта メール 邮箱 customer_email mailto E-postadress имейл`)
	for header := range addresses {
		if list, err := read(t, "Naam;"+header+"\nA;a@example.com\nB;x\nC;y\n", email); err != nil || len(list.Recipients) != 1 {
			t.Errorf("the header %q is not understood: %v", header, err)
		}
	}
	for _, header := range []string{"Hotel", "Mailing", "Cellar", "Facsimile", "Naam", "Info"} {
		if list, err := read(t, "Name;"+header+"\nA;0470000001\nB;x\nC;y\n", smsBE); err == nil {
			t.Errorf("the header %q is taken for a phone's: %+v", header, list.Source)
		}
	}
	ids := strings.SplitSeq("Ondernemingsnummer,KBO-nr,BTW,VAT number,SIREN,IBAN,Member ID,Customer no.,Klantnr,Order number,Invoice no,Numéro client,"+
		"Kundennummer,Immobilien-Nr,Vertragsnummer,Polisnummer,Matricule,#,Mitgliedsnummer,Rechnungsnr.,Número de socio,Pedido,Codice cliente,Partita IVA,Tessera,Lidkaart nr,ID", ",")
	for header := range ids {
		list, err := read(t, tableOf("Name;"+header, "x;04700000#", 5), smsBE)
		if _, asked := errors.AsType[*recipients.ColumnQuestion](err); !asked {
			t.Errorf("the header %q is not known for an id's: %+v", header, list.Source)
		}
	}
	others := strings.SplitSeq("Owner phone,Emergency contact mobile,Contact person phone,Parent GSM,Teacher phone,Driver mobile,Sales rep phone,"+
		"Billing phone,Company phone,Old phone,Previous mobile,Noodnummer,GSM ouder,Telefoon contactpersoon,Bedrijfstelefoon,Tel. eigenaar,"+
		"Oud gsm-nummer,Téléphone urgence,Portable parent,Tél. ancien,Notfallnummer,Handy Eltern,Telefon Ansprechpartner,Alte Handynummer,"+
		"Firmentelefon,Móvil padre,Teléfono empresa,Teléfono de emergencia,Teléfono anterior,Cellulare genitore,Telefono azienda,"+
		"Telefono emergenza,Vecchio cellulare,emergencyPhone,ownerMobile,BillingPhone,Fahrerhandy,Elterntelefon,Firmenhandy,Oudertelefoon,Kantoortelefoon", ",")
	for header := range others {
		list, err := read(t, tableOf("Name;"+header, "x;04700000#", 5), smsBE)
		if _, asked := errors.AsType[*recipients.ColumnQuestion](err); !asked {
			t.Errorf("the header %q is not known for another person's: %+v", header, list.Source)
		}
	}
}

func TestRead_consent(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		header, yes, no string
		rules           recipients.Rules
	}{
		"accepts SMS":          {"Accepts SMS Marketing", "yes", "no", smsBE},
		"Dutch opt-in":         {"Toestemming sms", "ja", "nee", smsBE},
		"Dutch newsletter":     {"Nieuwsbrief", "Ja", "Neen", smsBE},
		"French consent":       {"Consentement", "oui", "non", smsBE},
		"German consent":       {"Einwilligung", "Ja", "Nein", smsBE},
		"Spanish consent":      {"Acepta publicidad", "sí", "no", smsBE},
		"Italian consent":      {"Consenso marketing", "sì", "no", smsBE},
		"numbers":              {"opt_in", "1", "0", smsBE},
		"truth values":         {"GDPR consent", "TRUE", "FALSE", smsBE},
		"an empty opt-in":      {"Opt-in", "x", "", smsBE},
		"ticks":                {"Opt-in SMS", "✓", "✗", smsBE},
		"a date of opting out": {"Unsubscribed at", "", "2026-01-02 10:00", smsBE},
		"a reason":             {"Opt-out reason", "", "too many messages", smsBE},
		"do not contact":       {"Do not contact", "no", "yes", smsBE},
		"Dutch opt-out":        {"Uitgeschreven", "nee", "ja", smsBE},
		"French opt-out":       {"Désinscrit", "", "x", smsBE},
		"German opt-out":       {"Abgemeldet am", "", "01.02.2026", smsBE},
		"Spanish opt-out":      {"Baja", "no", "sí", smsBE},
		"Italian opt-out":      {"Disiscritto", "no", "sì", smsBE},
		"a polite no":          {"SMS Marketing Consent", "yes", "Nein, danke", smsBE},
		"not given":            {"SMS Marketing Consent", "yes", "nicht erteilt", smsBE},
		"never subscribed":     {"SMS Marketing Consent", "SUBSCRIBED", "NEVER_SUBSCRIBED", smsBE},
		"withdrawn":            {"Toestemming", "ja", "ingetrokken op 1/2/2026", smsBE},
		"dates of agreement":   {"Einwilligung am", "01.02.2026", "", smsBE},
		"a compound":           {"Werbewiderspruch", "", "x", smsBE},
		"stop":                 {"STOP SMS", "", "ja", smsBE},
		"words after a state":  {"Status", "Subscribed", "Unsubscribed by admin", smsBE},
		"nothing to opt out":   {"Opt-out", "n/a", "yes", smsBE},
		"a state":              {"Status", "Subscribed", "Unsubscribed", smsBE},
		"a state of Mailchimp": {"Status", "Subscribed", "Cleaned", smsBE},
		"a Dutch state":        {"Status", "Ingeschreven", "Uitgeschreven", smsBE},
		"a German state":       {"Abo-Status", "angemeldet", "abgemeldet", smsBE},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := []byte("GSM;" + tt.header + "\n0470000001;" + tt.yes + "\n0470000002;" + tt.no + "\n")

			list, err := recipients.Read(t.Context(), "", &recipients.File{Content: content}, tt.rules)

			want := fmt.Sprintf("column A “GSM” below row 1 with column B “%s”, 2 +32470000001, 1 no_consent", tt.header)
			if diff := cmp.Diff(want, outcome(list, err)); diff != "" {
				t.Errorf("Read (-want +got):\n%s", diff)
			}
			list, err = recipients.Read(t.Context(), "", &recipients.File{Content: content, Consent: recipients.ConsentIgnored}, tt.rules)
			if err != nil || len(list.Recipients) != 2 || !list.Source.ConsentIgnored {
				t.Errorf("Read without consent = %+v, %v, want both rows", list, err)
			}
		})
	}
}

func TestRead_no_consent_column(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"a status of something else":      "GSM;Status\n0470000001;active\n0470000002;new\n",
		"an opt-in that nobody filled in": "GSM;Opt-in\n0470000001;\n0470000002;\n",
		"consent to the other kind":       "GSM;Accepts Email Marketing\n0470000001;no\n0470000002;no\n",
		"an opt-out that nobody made":     "GSM;Opt-out\n0470000001;\n0470000002;\n",
	} {
		if list, err := read(t, content, smsBE); err != nil || len(list.Recipients) != 2 || len(list.Source.Consent) > 0 {
			t.Errorf("%s: Read = %+v, %v, want both rows and no consent column", name, list, err)
		}
	}
}

package message_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/sends/message"
)

func TestPlaceholders(t *testing.T) {
	t.Parallel()
	for _, written := range []string{
		"{{name}}", "{{ first_name }}", "{{contact.firstname}}", "{{{name}}}", `{{ customer.first_name | default: "you" }}`,
		"{% if vip %}", "${x}", "${user.name}", "#{name}", "*|FNAME|*", "*|LIST:COMPANY|*", "[[x]]", "[[First Name]]",
		"{first_name}", "{first_name|there}", "{Voornaam}", "{ prénom }", "{first name}", "{0}", "{contact.name}", "{anything}",
		"%NAME%", "%first_name%", "%Voornaam%", "%ACTIECODE%", "%%First Name%%", "%%FNAME%%",
		"[name]", "[Name]", "[first name]", "[FIRST_NAME]", "[FirstName]", "[your name]", "[insert name here]",
		"[customer first name]", "[name|there]", "[address1]", "[link]", "[code]", "[date]",
		"[naam]", "[voornaam]", "[Naam van de klant]", "[uw naam]", "[kortingscode]", "[klantnr.]",
		"[nom]", "[prénom]", "[Prenom]", "[votre prénom]", "[code postal]", "[Civilité]",
		"[Vorname]", "[Nachname]", "[Anrede]", "[Straße]", "[Name des Kunden]", "[Name einfügen]",
		"[nombre]", "[Apellidos]", "[código postal]", "[su nombre]", "[nome]", "[cognome]", "[inserisci nome]", "[Città]",
		"<name>", "<voornaam>", "<First name>", "<<Name>>", "«Prénom»", "«First_Name»", "#NAAM#", "##FNAME##", "@@naam@@",
		"$name$", "__NAME__",
	} {
		for _, text := range []string{written, "Hello " + written + ", 50% off!", "50% off: 10 %, " + written + "\n{} [1]"} {
			got := message.Placeholders(text, nil)
			if diff := cmp.Diff([]message.Placeholder{message.Placeholder(written)}, got); diff != "" {
				t.Errorf("Placeholders(%q) (-want +got):\n%s", text, diff)
			}
		}
	}
}

func TestPlaceholders_several(t *testing.T) {
	t.Parallel()
	const text = "Hi {{name}}, {{name}} of [stad]: %CODE%%NAME% until {date}"
	want := []message.Placeholder{"{{name}}", "[stad]", "%CODE%", "%NAME%", "{date}"}
	if diff := cmp.Diff(want, message.Placeholders(text, nil)); diff != "" {
		t.Errorf("Placeholders (-want +got):\n%s", diff)
	}
}

// The file's headers are field names too.
func TestPlaceholders_headers(t *testing.T) {
	t.Parallel()
	const text = "[Favourite shop], <team>, %Größe 2%, #shoe-size#, [else], [x]"
	headers := []string{"Phone", "favourite_shop", "Team", "GRÖSSE2", "Shoe size", "", "?!"}
	want := []message.Placeholder{"[Favourite shop]", "<team>", "%Größe 2%", "#shoe-size#"}
	if diff := cmp.Diff(want, message.Placeholders(text, headers)); diff != "" {
		t.Errorf("Placeholders (-want +got):\n%s", diff)
	}
	if got := message.Placeholders(text, nil); len(got) > 0 {
		t.Errorf("without headers Placeholders = %q, want none", got)
	}
}

// Ordinary marketing texts have no placeholders.
func TestPlaceholders_ordinary(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "Zomerdeals!", "50% off", "10 % korting", "Tot 50% korting, daarna 20%!", "-10%,-20%,-30%", "10%-20%-30% op alles",
		"20 % de réduction, nom compris, 30 % dès demain", "Jusqu'à 50 % sur tout et 10 % en plus", "100%puur en 50%gratis",
		"Bis zu 50 % Rabatt. 100 % Baumwolle", "Hasta un 50 % de descuento y 10 % extra", "Sconto del 50 % e 10 % in più",
		"50%OFF%20%", "50 %extra% 20", "50%% off and 20%% more", "%", "%%", "%%%", "% %", "100%", "%20%",
		"https://example.com/caf%C3%A9%20bar?x=%7Bname%7D", "www.example.com/%C3%A9t%C3%A9", "https://example.com/a_b__c__d",
		"{}", "{ }", "{{}}", "[]", "[[]]", "<>", "**", "{50% korting}", "{a, b}", "{vandaag en morgen gratis}", "}{", ":-{)",
		"[NIEUW] Zomerdeals", "[1] zie voorwaarden", "[Bakkerij Jan] Verse koeken", "[Promo]", "[Info]", "[Shop] [Sale]",
		"[Gratis] koffie", "[Korting]", "[Antwoord STOP]", "[VIP]", "[Club Noord]", "[10-20 u]", "[ ] ja [x] nee", "[Coupon]",
		"I <3 you, a > b", "10 < 20 > 5", "<- nu ->", "<<< SALE >>>", "Vul <hier> in", "« Bons plans »", "« Nom »", "«Été»",
		"#zomer #deals #naam", "#1 in deals", "Bestel #12, #13", "#nom #prix", "$5 off, $10 back", "US$ 5 name $", "A$AP",
		"Naam: ________ E-mail: ________", "__________", "*nu* _naam_ ~prijs~ *|", "|naam|", "a*b*c", "1*|2",
		"info@example.com, mia@example.com", "@@", "10:30 – 12:00", "Prijs: 5 €/stuk (naam vermelden)", "(naam) en (prijs)",
		"Actie geldig t.e.m. 31/12 & enkel in de winkel; code ZOMER10.", "Stuur je naam en straat naar 1234", "2+1 gratis = 33%!",
		"Met 'naam' en \"code\"", "¿Tu nombre? ¡Gana!", "Prix : 5 €", "Name your price: 50% or 60%", "🎉 20% 🎉 30%",
		"[Naam\nvan de klant]", "{naam\n}", "[" + strings.Repeat("naam ", 40) + "]",
	} {
		if got := message.Placeholders(text, nil); len(got) > 0 {
			t.Errorf("Placeholders(%q) = %q, want none", text, got)
		}
	}
}

func FuzzPlaceholders(f *testing.F) {
	f.Add("Hi {{name}} %CODE% [naam] 50% <x>", "naam")
	f.Add("{{{%%[[**|«##", "%")
	f.Fuzz(func(t *testing.T, text, header string) {
		for _, p := range message.Placeholders(text, []string{header}) {
			if !strings.Contains(text, string(p)) || len(p) < len("{x}") {
				t.Errorf("Placeholders(%q) = %q", text, p)
			}
		}
	})
}

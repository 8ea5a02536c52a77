package recipients_test

import (
	"net/mail"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/sends/recipients"
)

func TestAddress(t *testing.T) {
	t.Parallel()
	local64 := strings.Repeat("a", 64)
	for name, tt := range map[string]struct{ text, want string }{
		"as it is":                          {"mia@example.com", "mia@example.com"},
		"blanks around":                     {" mia@example.com\t", "mia@example.com"},
		"capitals":                          {"Mia.Peeters@Example.COM", "mia.peeters@example.com"},
		"a tag":                             {"mia+news@example.com", "mia+news@example.com"},
		"an apostrophe":                     {"o'neill@example.com", "o'neill@example.com"},
		"a Slack link":                      {"<mailto:mia@example.com|mia@example.com>", "mia@example.com"},
		"a link":                            {"MAILTO:mia@example.com", "mia@example.com"},
		"angle brackets":                    {"<mia@example.com>", "mia@example.com"},
		"IDN domain":                        {"mia@Bücher.example", "mia@xn--bcher-kva.example"},
		"IDN domain in ASCII":               {"mia@xn--bcher-kva.example", "mia@xn--bcher-kva.example"},
		"IDN domain with ideographic dot":   {"mia@例え。テスト", "mia@xn--r8jz45g.xn--zckzah"},
		"eszett is kept":                    {"mia@straße.example", "mia@xn--strae-oqa.example"},
		"a domain that begins with a digit": {"mia@1und1.example", "mia@1und1.example"},
		"longest local part":                {local64 + "@example.com", local64 + "@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, err := recipients.Address(tt.text)

			if err != nil || got != tt.want {
				t.Errorf("Address(%q) = %q, %v, want %q", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestAddress_refused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":                        {"", "nothing here"},
		"empty brackets":                 {"<>", "nothing here"},
		"no at":                          {"example.com", "has an @ in it"},
		"a phone number":                 {"+32 470 12 34 56", "This is a phone number"},
		"a phone link":                   {"tel:+32470123456", "This is a phone number"},
		"two ats":                        {"a@b@example.com", "more than one @"},
		"a name":                         {"Mia <mia@example.com>", "Write the address alone"},
		"a name and a Slack link":        {"Mia <mailto:mia@example.com|mia@example.com>", "Write the address alone"},
		"a comment":                      {"mia(home)@example.com", "Write the address alone"},
		"two addresses":                  {"a@example.com b@example.com", "Write the address alone"},
		"a table row":                    {"Mia\tmia@example.com", "Write the address alone"},
		"quotes":                         {`"mia"@example.com`, "quotation marks"},
		"backslash":                      {`mi\a@example.com`, "backslash"},
		"nothing before":                 {"@example.com", "nothing before the @"},
		"nothing after":                  {"mia@", "nothing after the @"},
		"accent before":                  {"zoé@example.com", "“é”"},
		"dot at the beginning":           {".mia@example.com", "before the @ is not written"},
		"two dots":                       {"mia..p@example.com", "before the @ is not written"},
		"colon":                          {"mi:a@example.com", "before the @ is not written"},
		"local part too long":            {strings.Repeat("a", 65) + "@example.com", "64 characters"},
		"no dot":                         {"mia@localhost", "no dot"},
		"hyphen at the beginning":        {"mia@-b.org", "not the name of a domain"},
		"underscore":                     {"mia@a_b.org", "not the name of a domain"},
		"empty label":                    {"mia@example..com", "not the name of a domain"},
		"dot at the end":                 {"mia@example.com.", "not the name of a domain"},
		"top-level domain of one letter": {"mia@example.c", "not the name of a domain"},
		"an IP address":                  {"mia@192.0.2.1", "ends in a number"},
		"a literal":                      {"mia@[192.0.2.1]", "not the name of a domain"},
		"label too long":                 {"mia@" + strings.Repeat("a", 64) + ".org", "not the name of a domain"},
		"broken punycode":                {"mia@xn--a.org", "not the name of a domain"},
		"whole too long":                 {strings.Repeat("a", 64) + "@" + strings.Repeat("bücher.", 15) + "org", "too long for an e-mail address"},
		"hostile length":                 {strings.Repeat("a@", 1<<16), "too long"},
		"zero-width":                     {"mia\u200b@example.com", "cannot be seen"},
		"zero-width at the end":          {"mia@example.com\u200b", "cannot be seen"},
		"soft hyphen in the domain":      {"mia@exam\u00adple.com", "cannot be seen"},
		"right to left":                  {"\u202emia@example.com", "cannot be seen"},
		"a line end hidden in a header":  {"mia@example.com\nBcc: x@example.com", "cannot be seen"},
		"NUL":                            {"mia@example.com\x00", "cannot be seen"},
		"invalid UTF-8":                  {"mia\xff@example.com", "cannot be seen"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, err := recipients.Address(tt.text)

			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Address(%.60q) = %q, %v, want a refusal with %q", tt.text, got, err, tt.want)
			}
		})
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("mia@example.com")
	f.Add("<mailto:Mia@Bücher.example|mia>")
	f.Add("mia@xn--bcher-kva.example")
	f.Add("\"q\"@[1.2.3.4]")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := recipients.Address(text)
		if err != nil {
			checkReason(t, err.Error())
			return
		}
		checkAddress(t, got)
		if again, err := recipients.Address(strings.ToUpper(got)); err != nil || again != got {
			t.Errorf("Address of the capitals of %q = %q, %v, want itself again", got, again, err)
		}
	})
}

func checkAddress(tb testing.TB, got string) {
	tb.Helper()
	local, domain, _ := strings.Cut(got, "@")
	if len(got) > 254 || local == "" || len(local) > 64 || !strings.Contains(domain, ".") {
		tb.Errorf("%q has a part of the wrong length", got)
	}
	if strings.ToLower(got) != got || strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r > '~' }) {
		tb.Errorf("%q is not plain ASCII in lower case", got)
	}
	if parsed, err := mail.ParseAddress(got); err != nil || parsed.Address != got || parsed.Name != "" {
		tb.Errorf("net/mail takes %q for %v, %v", got, parsed, err)
	}
}

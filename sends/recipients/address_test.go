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
		"a name":                            {"Mia <mia@example.com>", "mia@example.com"},
		"a quoted name with a comma":        {`"Peeters, Mia" <mia@example.com>`, "mia@example.com"},
		"a name in escaped quotes":          {`\"Mia\" <mia@example.com>`, "mia@example.com"},
		"the address as its name":           {`"Mia@example.com" <mia@example.com>`, "mia@example.com"},
		"a name and a Slack link":           {"Mia <mailto:mia@example.com|mia@example.com>", "mia@example.com"},
		"Outlook's quotes":                  {"'mia@example.com'", "mia@example.com"},
		"Outlook's quotes in brackets":      {"<'mia@example.com'>", "mia@example.com"},
		"one quote":                         {"'mia@example.com", "mia@example.com"},
		"double quotes":                     {`"mia@example.com"`, "mia@example.com"},
		"escaped quotes":                    {`\"mia@example.com\"`, "mia@example.com"},
		"curly quotes":                      {"“mia@example.com”", "mia@example.com"},
		"the end of a sentence":             {"mia@example.com.", "mia@example.com"},
		"the end of a list":                 {"<mia@example.com>;", "mia@example.com"},
		"a link with a subject":             {"mailto:mia@example.com?subject=Hi&body=x", "mia@example.com"},
		"zero-width at the end":             {"mia@example.com\u200b", "mia@example.com"},
		"zero-width at the beginning":       {"\u200bmia@example.com", "mia@example.com"},
		"byte order mark":                   {"\ufeffmia@example.com", "mia@example.com"},
		"no-break blank":                    {"mia@example.com\u00a0", "mia@example.com"},
		"word joiner":                       {"mia@example.com\u2060", "mia@example.com"},
		"direction marks":                   {"\u202emia@example.com\u202c", "mia@example.com"},
		"soft hyphen at the end":            {"'mia@example.com'\u00ad", "mia@example.com"},
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
		"no at":                          {"example.com", "needs an @"},
		"a phone number":                 {"+32 470 12 34 56", "This is a phone number"},
		"a phone link":                   {"tel:+32470123456", "This is a phone number"},
		"two ats":                        {"a@b@example.com", "more than one @"},
		"a comment":                      {"mia(home)@example.com", "Write only the address"},
		"a name with an address":         {"b@example.com <mia@example.com>", "Write only the address"},
		"something after the brackets":   {"<mia@example.com> home", "Write only the address"},
		"two addresses":                  {"a@example.com b@example.com", "Write only the address"},
		"a table row":                    {"Mia\tmia@example.com", "Write only the address"},
		"quotes":                         {`"mia"@example.com`, "quotation marks"},
		"backslash":                      {`mi\a@example.com`, "backslash"},
		"nothing before":                 {"@example.com", "nothing before the @"},
		"nothing after":                  {"mia@", "nothing after the @"},
		"accent before":                  {"zoé@example.com", "“é”"},
		"dot at the beginning":           {".mia@example.com", "before the @ can't be right"},
		"two dots":                       {"mia..p@example.com", "before the @ can't be right"},
		"colon":                          {"mi:a@example.com", "before the @ can't be right"},
		"local part too long":            {strings.Repeat("a", 65) + "@example.com", "64 characters"},
		"no dot":                         {"mia@localhost", "no dot"},
		"hyphen at the beginning":        {"mia@-b.org", "isn't a domain name"},
		"underscore":                     {"mia@a_b.org", "isn't a domain name"},
		"empty label":                    {"mia@example..com", "isn't a domain name"},
		"top-level domain of one letter": {"mia@example.c", "isn't a domain name"},
		"an IP address":                  {"mia@192.0.2.1", "ends in a number"},
		"a literal":                      {"mia@[192.0.2.1]", "isn't a domain name"},
		"label too long":                 {"mia@" + strings.Repeat("a", 64) + ".org", "isn't a domain name"},
		"broken punycode":                {"mia@xn--a.org", "isn't a domain name"},
		"whole too long":                 {strings.Repeat("a", 64) + "@" + strings.Repeat("bücher.", 15) + "org", "too long for an e-mail address"},
		"hostile length":                 {strings.Repeat("a@", 1<<16), "too long"},
		"zero-width":                     {"mia\u200b@example.com", "can't be seen"},
		"soft hyphen in the domain":      {"mia@exam\u00adple.com", "can't be seen"},
		"a line end hidden in a header":  {"mia@example.com\nBcc: x@example.com", "can't be seen"},
		"NUL":                            {"mia@example.com\x00", "can't be seen"},
		"invalid UTF-8":                  {"mia\xff@example.com", "can't be seen"},
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

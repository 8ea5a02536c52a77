package recipients

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// The longest address and the longest part before its @, in octets (RFC 5321, 4.5.3.1).
const maxAddress, maxLocal = 254, 64

var (
	errAddressIsPhone = refusal{RuleInvalid, "This is a phone number, but the send goes out by e-mail."}
	errNoAt           = refusal{RuleInvalid, "An e-mail address needs an @."}
	errManyAts        = refusal{RuleInvalid, "It has more than one @. Write one address on each line."}
	errNotAlone       = refusal{RuleInvalid, "Write only the address, without anything else."}
	errQuotes         = refusal{RuleInvalid, "Addresses with quotation marks can't be used."}
	errBackslash      = refusal{RuleInvalid, "Addresses with a backslash can't be used."}
	errNoLocal        = refusal{RuleInvalid, "There's nothing before the @."}
	errLocalTooLong   = refusal{RuleLength, "The part before the @ is too long. It can have 64 characters."}
	errLocal          = refusal{RuleInvalid, "The part before the @ can't be right. Check its dots and signs."}
	errNoDomain       = refusal{RuleInvalid, "There's nothing after the @."}
	errDomain         = refusal{RuleInvalid, "The part after the @ isn't a domain name."}
	errNoDot          = refusal{RuleInvalid, "The part after the @ has no dot. Write the whole domain, such as example.com."}
	errNumericDomain  = refusal{RuleInvalid, "The part after the @ ends in a number. Write a domain, such as example.com."}
	errAddressTooLong = refusal{RuleLength, "It's too long for an e-mail address."}
)

// Address reads one e-mail address, alone, in the angle brackets of a link, or as mail programs write it after a name. It
// returns it in lower case with its domain in ASCII ("mia@bücher.example" becomes "mia@xn--bcher-kva.example"). The error is
// a sentence for the person. Other text around the address, comments, and quoted or non-ASCII parts before the @ are
// refused, since not every mail server accepts them.
func Address(text string) (string, error) {
	text = bareAddress(text)
	if err := fitting(text); err != nil {
		return "", err
	}
	local, domain, err := cutAddress(text)
	if err != nil {
		return "", err
	}
	if err := checkLocal(local); err != nil {
		return "", err
	}
	ascii, err := asciiDomain(domain)
	if err != nil {
		return "", err
	}
	return wholeAddress(strings.ToLower(local) + "@" + ascii)
}

// bareAddress strips what programs and people put around an address: what [bare] strips, escaped quotation marks, a name
// before angle brackets, the scheme and the parameters of a link, punctuation at the end.
func bareAddress(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, `\"`, `"`), `\'`, `'`)
	text = bare(strings.TrimRightFunc(text, trailing))
	if name, link, ok := strings.Cut(strings.TrimSuffix(text, ">"), "<"); ok && strings.HasSuffix(text, ">") {
		address := bare("<" + link + ">")
		if name = bare(name); !strings.ContainsAny(name, "@<>") || strings.EqualFold(name, address) {
			text = address
		}
	}
	if hasPrefixFold(text, mailto) {
		text, _, _ = strings.Cut(text[len(mailto):], "?")
	}
	return strings.TrimRightFunc(strings.TrimLeftFunc(text, padding), trailing)
}

// trailing is what may follow an address in a sentence or a list.
func trailing(r rune) bool { return padding(r) || strings.ContainsRune(".,;", r) }

const mailto = "mailto:"

func cutAddress(text string) (local, domain string, err error) {
	local, domain, ok := strings.Cut(text, "@")
	switch {
	case !ok && looksLikePhone(text):
		return "", "", errAddressIsPhone
	case !ok:
		return "", "", errNoAt
	case strings.ContainsFunc(text, unicode.IsSpace) || strings.ContainsAny(text, "<>()"):
		return "", "", errNotAlone
	case strings.Contains(text, `"`):
		return "", "", errQuotes
	case strings.Contains(text, `\`):
		return "", "", errBackslash
	case strings.Contains(domain, "@"):
		return "", "", errManyAts
	case local == "":
		return "", "", errNoLocal
	case domain == "":
		return "", "", errNoDomain
	}
	return local, domain, nil
}

// looksLikePhone reports whether a text consists of digits and the signs of one or more phone numbers.
func looksLikePhone(text string) bool {
	dialled, err := dial(withoutLabel(text))
	return err == nil && countDigits(dialled) >= 3
}

func checkLocal(local string) error {
	for _, r := range local {
		if r > unicode.MaxASCII {
			return refusal{RuleInvalid, fmt.Sprintf("The part before the @ has the character “%c”. "+
				"Only plain letters, digits and signs can be used there.", r)}
		}
	}
	if len(local) > maxLocal {
		return errLocalTooLong
	}
	return nil
}

// strict is the profile for a lookup, with the rules for host names: letters, digits and hyphens in each label, 63 octets a
// label, 253 in all.
var strict = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false),
	idna.StrictDomainName(true), idna.ValidateLabels(true), idna.CheckHyphens(true), idna.VerifyDNSLength(true))

func asciiDomain(domain string) (string, error) {
	ascii, err := strict.ToASCII(domain)
	if err != nil {
		return "", errDomain
	}
	top := ascii[strings.LastIndexByte(ascii, '.')+1:]
	switch {
	case top == ascii:
		return "", errNoDot
	case top != "" && strings.Trim(top, "0123456789") == "":
		return "", errNumericDomain
	case len(top) < 2: // No top-level domain has one character.
		return "", errDomain
	}
	return strings.ToLower(ascii), nil
}

// wholeAddress leaves the check of the part before the @ to net/mail.
func wholeAddress(address string) (string, error) {
	if len(address) > maxAddress {
		return "", errAddressTooLong
	}
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Name != "" || parsed.Address != address {
		return "", errLocal
	}
	return address, nil
}

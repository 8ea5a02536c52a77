package recipients

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// title is what the header of a column says is in it. Of several columns the higher is the better one.
type title int

const (
	otherTitle title = iota
	fixedTitle       // a fixed line or a fax
	phoneTitle
	mobileTitle
	emailTitle
)

// The words below are compared without accents, case, blanks and signs. Those of a list named "…Parts" are found within
// longer words too, as in "Handynummer" or "customer_email"; they are too peculiar to be a part of something else. The
// others stand alone, perhaps with a number behind.
var (
	emailParts = []string{
		"email", "emailadres", "courriel", "correo", "eposta", "epost", "elpost", "sahkoposti", "elektronischepost",
		"имеил", "почта", "пошта", "ηλεκτρονικηδιευθυνση", "邮箱", "邮件", "電子郵件", "メール", "이메일", "بريد", "דואל", "אימייל",
	}
	emailWords  = []string{"mail", "mailadres", "mailadresse", "mailaddress", "mel", "mailto", "posta", "adresmail"}
	mobileParts = []string{
		"mobile", "mobiel", "mobil", "movil", "celular", "cellular", "cellphone", "handy", "smartphone", "whatsapp", "gsm",
		"portable", "telemovel", "komork", "komorkow", "matkapuhelin", "kannykka", "ceptel", "natel", "mobitel",
		"мобил", "мобіл", "сотов", "κινητο", "手机", "手機", "携帯", "휴대", "جوال", "موبايل", "נייד",
	}
	mobileWords = []string{"cell", "cel", "cep", "kom", "sms", "mob", "gsmnr"}
	phoneParts  = []string{
		"phone", "telefon", "telefoon", "telefoni", "puhelin", "telefono", "telephone", "telnummer", "telnr", "telno", "rufnummer",
		"telefonszam", "τηλεφων", "телефон", "电话", "電話", "전화", "هاتف", "טלפון",
	}
	phoneWords = []string{"tel", "tlf", "tfn", "tif", "fon", "puh", "msisdn"}
	fixedParts = []string{"landline", "fixedline", "festnetz", "vastelijn", "telefonofisso", "fixe", "fijo", "fastnett", "stacjonarn"}
	fixedWords = []string{"fax", "telefax", "faxnummer", "faxnumber", "faks", "fixed", "vast", "thuis"}
)

// titleOf reads a header for a send of that kind.
func titleOf(header string, kind Kind) title {
	words := strings.FieldsFunc(plainWords(header), func(r rune) bool { return r == ' ' })
	joined := strings.Join(words, "")
	says := func(parts, alone []string) bool { return hasPart(joined, parts) || hasWord(words, joined, alone) }
	switch {
	case kind == Email && says(emailParts, emailWords):
		return emailTitle
	case kind == Email || says(emailParts, nil):
		return otherTitle
	case says(fixedParts, fixedWords):
		return fixedTitle
	case says(mobileParts, mobileWords):
		return mobileTitle
	case says(phoneParts, phoneWords):
		return phoneTitle
	}
	return otherTitle
}

// plainWords returns the words of a header in small letters without accents and digits, parted by single blanks.
func plainWords(header string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(header) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r):
			b.WriteString(folded(unicode.ToLower(r)))
		case b.Len() > 0:
			b.WriteByte(' ')
		}
	}
	return norm.NFC.String(b.String())
}

// folded returns the letters that have a plain form but no accent that could be taken off.
func folded(r rune) string {
	switch r {
	case 'ø':
		return "o"
	case 'ł':
		return "l"
	case 'ı':
		return "i"
	case 'ß':
		return "ss"
	case 'æ':
		return "ae"
	}
	return string(r)
}

func hasPart(joined string, parts []string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(joined, p) })
}

func hasWord(words []string, joined string, alone []string) bool {
	return slices.ContainsFunc(alone, func(a string) bool { return a == joined || slices.Contains(words, a) })
}

package recipients

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// meaning is what a column's header says about its content. A header can say several things: "Emergency contact mobile" is a
// mobile phone of another person.
type meaning uint16

const (
	meansEmail meaning = 1 << iota
	meansMobile
	meansPhone
	meansLandline
	// meansID is an identifier: of a customer, an order, a company.
	meansID
	// meansOtherPerson is somebody other than the row's person, or that person's former data.
	meansOtherPerson
	// meansNumber is just "Number", which can be a phone number or anything else.
	meansNumber
	// meansOptIn is a column of people who agreed to messages, meansOptOut one of people who refused.
	meansOptIn
	meansOptOut
	// meansStatus is a column of states, perhaps a subscription's.
	meansStatus
)

// vocabulary lists the words of headers in English, Dutch, French, German, Spanish and Italian, and for phones and e-mail in
// the languages of more countries. All are compared in lower case, without accents, digits and signs. Words match whole
// words, or the whole header without its spaces; parts match inside longer words, as in "Handynummer".
var vocabulary = []struct {
	meaning      meaning
	words, parts string
}{
	{
		meansEmail,
		"mail mailadres mailadresse mailaddress mel mailto posta adresmail",
		"email emailadres courriel correo eposta epost elpost sahkoposti elektronischepost " +
			"имеил почта пошта ηλεκτρονικηδιευθυνση 邮箱 邮件 電子郵件 メール 이메일 بريد דואל אימייל",
	},
	{
		meansMobile,
		"cell cel cep kom sms mob gsmnr",
		"mobile mobiel mobil movil celular cellular cellphone handy smartphone whatsapp gsm portable telemovel komork komorkow " +
			"matkapuhelin kannykka ceptel natel mobitel мобил мобіл сотов κινητο 手机 手機 携帯 휴대 جوال موبايل נייד",
	},
	{
		meansPhone,
		"tel tlf tfn tif fon puh msisdn",
		"phone telefon telefoon telefoni puhelin telefono telephone telnummer telnr telno rufnummer telefonszam " +
			"τηλεφων телефон 电话 電話 전화 هاتف טלפון",
	},
	{
		meansLandline,
		"fax telefax faxnummer faxnumber faks fixed vast thuis",
		"landline fixedline festnetz vastelijn telefonofisso fixe fijo fastnett stacjonarn",
	},
	{
		meansID,
		"id ids uid uuid guid code codes ref nr member customer account order invoice sku ean isbn barcode reference employee " +
			"passport enterprise contract serial badge ticket tesserino dossier polis vertrag " +
			"ssn zip postcode postalcode postal price amount total date birthday birthdate dob points voucher coupon card " +
			"vat btw kbo bce kvk bsn iban bic siren siret tva nif cif nie dni cuit rfc nip pesel oib ust ustid steuer iva piva cf " +
			"klant lid kaart rekening bestelling factuur personeel lidnummer klantnummer datum geboortedatum prijs bedrag punten " +
			"client membre carte compte commande facture reference dossier adherent cp naissance prix montant " +
			"kunde kunden mitglied karte konto bestellung rechnung kennung personal plz geburtsdatum preis betrag punkte " +
			"cliente socio miembro tarjeta cuenta pedido factura codigo expediente nacimiento precio importe puntos " +
			"membro tessera conto ordine fattura codice pratica cap nascita prezzo importo punti",
		"customerid memberid userid recordid orderno ordernumber customernumber membernumber accountnumber invoicenumber " +
			"identifiant matricule lidmaatschap immobilien automobil klantenkaart " +
			"vatnumber taxnumber enterprisenumber companynumber registrationnumber ondernemingsnr ondernemingsnummer btwnr " +
			"btwnummer klantnr klantnummer lidnr lidnummer ordernr ordernummer rekeningnummer factuurnummer rijksregister " +
			"personeelsnummer kaartnummer bestelnummer numeroclient numerodeclient numerotva codeclient codepostal " +
			"numeroadherent kundennr kundennummer mitgliedsnr mitgliedsnummer rechnungsnummer auftragsnummer bestellnummer " +
			"steuernummer ustidnr umsatzsteuer handelsregister kontonummer kartennummer personalnummer postleitzahl " +
			"numerocliente numerosocio numerodesocio codigocliente codigopostal numerodecliente codicecliente codicefiscale " +
			"partitaiva numerotessera numeroordine",
	},
	{
		meansOtherPerson,
		"owner emergency parent parents guardian mother father spouse teacher driver rep reps agent manager supervisor assistant " +
			"employer billing invoice company business firm office old previous former referrer referral doctor school supplier " +
			"eigenaar nood ouder ouders voogd moeder vader leraar leerkracht chauffeur bestuurder vertegenwoordiger beheerder " +
			"werkgever kantoor firma bedrijf factuur oud oude vorig vorige huisarts " +
			"proprietaire urgence tuteur mere pere enseignant professeur conducteur representant commercial gerant employeur " +
			"facturation facture societe entreprise ancien ancienne precedent precedente medecin bureau " +
			"besitzer inhaber eigentumer notfall eltern vormund mutter vater lehrer lehrerin fahrer vertreter arbeitgeber buro " +
			"rechnung firmen unternehmen alt alte fruher fruhere vorherige arzt " +
			"propietario dueno emergencia emergencias tutor madre padre padres profesor maestro conductor chofer representante " +
			"empleador facturacion factura empresa oficina antiguo antigua anterior viejo medico comercial " +
			"proprietario emergenza referente genitore genitori insegnante maestra autista conducente rappresentante agente " +
			"datore fatturazione fattura azienda societa ditta ufficio vecchio vecchia precedente " +
			"partner conjoint spouse landlord vermieter responsable alternate ice",
		"emergencycontact contactperson contactpersoon contactpersonen contactowner accountmanager salesrep companyphone " +
			"noodcontact noodnummer noodgeval eigenaar bedrijfs bedrijven factuurmail factuuradres facturatie " +
			"personneacontacter personnedecontact contacturgence " +
			"ansprechpartner kontaktperson notfallkontakt notfallnummer notfalltel firmentel firmenmail rechnungsmail " +
			"rechnungsadresse geschaftlich personadecontacto contactodeemergencia personadicontatto contattodiemergenza",
	},
	{
		meansNumber,
		"number numbers no nr num nummer nummern numero numeros numeri n",
		"",
	},
	{
		meansOptIn,
		"accepts accepted agreed agrees permission subscribed subscriber marketing allowed gdpr newsletter consent " +
			"toestemming akkoord aangemeld nieuwsbrief toegestaan mag " +
			"consentement accepte accord abonne inscrit autorise infolettre rgpd " +
			"einwilligung zustimmung erlaubt erlaubnis angemeldet abonniert einverstanden dsgvo " +
			"consentimiento acepta acepto aceptado autoriza autorizado permiso suscrito " +
			"consenso accetta accetto accettato autorizza permesso iscritto",
		"optin consent toestemming einwilligung consentement consentimiento consenso newsletteranmeld werbeerlaubnis kontakterlaubnis " +
			"erlaubnis newsletterempfanger nieuwsbrief newsletter autoris autoriz akkoord magsms cancontact oktotext oktosms smsok okto",
	},
	{
		meansOptOut,
		"unsubscribed unsubscribe unsub dnc blacklist blacklisted blocklist blocked suppressed declined refused " +
			"uitgeschreven afgemeld geblokkeerd bezwaar desabonne desinscrit desinscription opposition refus " +
			"abgemeldet abmeldung widerspruch widerrufen gesperrt werbesperre sperre baja desuscrito bloqueado robinson " +
			"disiscritto disiscrizione bloccato opposizione rifiuta weigert refuse widerruf nosms nomail noemail nocalls nomarketing",
		"optout optedout unsubscri donotcontact donotcall donotmail donotemail donotsms donottext donotsend uitgeschreven afgemeld " +
			"nietcontacteren nietmailen nietbellen geensms geenmail geenreclame nepascontacter pasdesms pasdemail listenoire " +
			"desabonn desinscri nichtkontaktieren keinesms keinewerbung keinenewsletter keinnewsletter abgemeldet nocontactar nomolestar " +
			"listanegra noncontattare disiscri abmeld afmeld uitschrijf widerspruch widerruf sperrvermerk werbesperr nepluscontacter " +
			"stopsms stopmail refusesms rifiutasms weigertsms",
	},
	{
		meansStatus,
		"status state statut stato estado subscription abonnement abostatus abo iscrizione suscripcion inschrijving anmeldung",
		"subscriptionstatus emailstatus smsstatus marketingstatus",
	},
}

// dictionary is the vocabulary in a form that is fast to search.
type dictionary struct {
	words map[string]meaning
	parts map[meaning][]string
}

var readVocabulary = sync.OnceValue(func() dictionary {
	d := dictionary{map[string]meaning{}, map[meaning][]string{}}
	for _, entry := range vocabulary {
		for word := range strings.FieldsSeq(entry.words) {
			d.words[word] |= entry.meaning
		}
		d.parts[entry.meaning] = strings.Fields(entry.parts)
	}
	return d
})

// maxHeader bounds a header in bytes; a longer text is no header.
const maxHeader = 300

// meaningOf returns the meaning of a header.
func meaningOf(header string) meaning {
	if len(header) > maxHeader {
		return 0
	}
	words := strings.Fields(plainWords(header))
	joined := strings.Join(words, "")
	d := readVocabulary()
	said := d.words[joined]
	for _, word := range words {
		said |= d.words[word]
	}
	for _, word := range words {
		said |= d.compound(word)
	}
	for meaning, parts := range d.parts {
		for _, part := range parts {
			if strings.Contains(joined, part) {
				said |= meaning
				break
			}
		}
	}
	const recipient = meansEmail | meansMobile | meansPhone | meansLandline
	switch {
	case said == 0 && joined == "" && header != "":
		return meansNumber // a sign such as #
	case strings.Contains(joined, "immobil") || strings.Contains(joined, "automobil"):
		return said &^ meansMobile
	case !said.says(recipient) && numbered(words):
		return said | meansID
	}
	return said
}

// compound returns the meaning of a word that begins with a word for another person: "Fahrerhandy", "parentPhone".
func (d dictionary) compound(word string) meaning {
	const least = 4 // letters; shorter ones begin many other words
	for end := least; end < len(word); end++ {
		if d.words[word[:end]].says(meansOtherPerson) {
			return meansOtherPerson
		}
	}
	return 0
}

// numbered reports whether a header has a word such as "Vertragsnummer".
func numbered(words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool {
		return slices.ContainsFunc([]string{"nummer", "nr", "numero", "number"}, func(end string) bool {
			return word != end && strings.HasSuffix(word, end)
		})
	})
}

// says reports whether a header has one of these meanings.
func (m meaning) says(one meaning) bool { return m&one != 0 }

// plainWords returns the words of a header in lower case without accents, digits and signs, separated by single spaces.
func plainWords(header string) string {
	var b strings.Builder
	small := false
	for _, r := range norm.NFKD.String(header) {
		if small && unicode.IsUpper(r) {
			b.WriteByte(' ') // as in customerPhone
		}
		small = unicode.IsLower(r)
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r):
			b.WriteString(plainLetter(unicode.ToLower(r)))
		case b.Len() > 0:
			b.WriteByte(' ')
		}
	}
	return norm.NFC.String(b.String())
}

// plainLetter replaces letters that have a plain form but no accent to remove.
func plainLetter(r rune) string {
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

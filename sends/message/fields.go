package message

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// usualNames are common names of fields about people, folded and joined into one word: names, contact data, addresses,
// dates, codes, amounts, ids and links, in six languages.
//
//nolint:misspell // it takes Dutch for wrong English
var usualNames = wordSet(`
	name firstname lastname fullname middlename surname forename givenname familyname nickname username companyname storename
	shopname brandname productname fname lname salutation greeting title initials email emailaddress mail phone phonenumber
	telephone mobile mobilenumber cell cellphone address street city town state zip zipcode postcode postalcode country region
	company organisation organization date time birthday birthdate dateofbirth expirydate code couponcode promocode
	vouchercode discountcode amount balance points price total id customerid customernumber memberid membernumber ordernumber
	orderid cardnumber number link url website unsubscribe unsubscribelink optoutlink

	naam voornaam achternaam familienaam tussenvoegsel roepnaam klantnaam bedrijfsnaam winkelnaam productnaam aanhef
	aanspreking titel emailadres mailadres telefoon telefoonnummer gsm gsmnummer mobiel adres straat stad gemeente plaats
	woonplaats land provincie bedrijf datum tijd verjaardag geboortedatum vervaldatum kortingscode actiecode cadeaucode
	bedrag saldo punten prijs totaal nummer klantnummer klantnr lidnummer kaartnummer bestelnummer uitschrijflink afmeldlink

	nom prenom nomdefamille nomcomplet civilite titre courriel portable adresse rue ville codepostal pays societe entreprise
	anniversaire datedenaissance codepromo montant solde prix numero numeroclient numerodeclient lien desinscription

	vorname nachname zuname familienname kundenname firmenname rufname anrede telefon telefonnummer handy handynummer mobil
	strasse stadt ort wohnort plz postleitzahl bundesland firma unternehmen geburtstag geburtsdatum uhrzeit gutscheincode
	rabattcode aktionscode betrag guthaben punkte preis kundennummer mitgliedsnummer kartennummer bestellnummer abmeldelink

	nombre apellido apellidos nombrecompleto tratamiento saludo correo correoelectronico telefono movil direccion calle
	ciudad codigopostal pais provincia empresa fecha fechadenacimiento cumpleanos codigo importe puntos precio
	numerodecliente enlace

	nome cognome nomecompleto titolo saluto cellulare indirizzo citta paese azienda data datadinascita compleanno codice
	codicesconto importo punti prezzo numerocliente`)

// fillerWords are words that accompany a field's name: "naam van de klant", "insert first name here".
var fillerWords = wordSet(`
	first last full given second your my our the of customer client contact recipient member subscriber user person insert
	enter fill in here uw je jouw de het van klant ontvanger lid vul voeg invullen invoegen toe hier votre ton ta le la l du
	des d destinataire membre inserer inserez entrez saisir ici ihr ihre dein deine der die das kunde kunden kontakt
	empfanger mitglied einfugen eingeben einsetzen su tu el del cliente contacto destinatario miembro insertar inserte
	aqui il lo della di tuo suo contatto inserire inserisci qui`)

func wordSet(words string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		set := map[string]bool{}
		for w := range strings.FieldsSeq(words) {
			set[w] = true
		}
		return set
	})
}

// fieldNames returns headers, folded and joined into one word.
func fieldNames(headers []string) map[string]bool {
	set := map[string]bool{}
	for _, h := range headers {
		if words := foldedWords(h); len(words) > 0 {
			set[strings.Join(words, "")] = true
		}
	}
	return set
}

// foldedWords returns the words of a field's name in lower case without accents.
func foldedWords(name string) []string {
	plain := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(name))
	return strings.FieldsFunc(strings.ReplaceAll(plain, "ß", "ss"), func(r rune) bool { return !isAlphanumeric(r) })
}

func withoutDigits(word string) string { return strings.TrimRight(word, "0123456789") }

func isAlphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

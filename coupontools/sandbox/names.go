package sandbox

import "math/rand/v2"

// knownDirectory is a directory of a [dataset].
type knownDirectory struct {
	name string
	size int // number of users
	// price is "" for a free directory, else the amount in currency, with the payment type kind.
	price, currency, kind, pass string
}

// knownCampaign is a campaign of a [dataset].
type knownCampaign struct {
	name, title, status, tags string
	size                      int // number of sessions
	codes                     int // number of the owner's validation codes
}

// dataset has the names of the data of a [Server].
type dataset struct {
	directories []knownDirectory
	campaigns   []knownCampaign
	first, last []personName
}

// person draws a person's first and last name.
func (d dataset) person(dice *rand.Rand) (first, last personName) {
	return d.first[dice.IntN(len(d.first))], d.last[dice.IntN(len(d.last))]
}

// worldwideNames come from several languages and scripts. Two directories are alike, one is a prefix of another, and two
// attempt markup.
var worldwideNames = dataset{
	directories: []knownDirectory{
		{name: "City deals", size: 212},
		{name: "City deals", size: 34, price: "4.50", currency: "EUR", kind: "recurring_yearly", pass: "Yearly pass"},
		{name: "Stadsbonnen Gent", size: 400},
		{name: "Kortingen voor de buurt", size: 61},
		{name: "De Kaasboer & Zonen", size: 18},
		{name: "Sint-Niklaas winkelt lokaal", size: 145},
		{name: "Zomerpas Oostende", size: 3400, price: "12.00", currency: "EUR", kind: "basic", pass: "One summer"},
		{name: "Bons plans de Liège", size: 97},
		{name: "Crêperie du Vieux-Marché", size: 23},
		{name: "Été à Namur – offres d’été", size: 76, price: "2.00", currency: "EUR", kind: "recurring_weekly", pass: "Par semaine"},
		{name: "Boulangerie L’Épi d’Or", size: 12},
		{name: "Münchner Gutscheinheft", size: 310, price: "19.90", currency: "EUR", kind: "recurring_yearly", pass: "Jahreskarte"},
		{name: "Bäckerei Groß", size: 9},
		{name: "Straßenfest Köln-Süd", size: 55},
		{name: "Żywiec – zniżki na lato", size: 48},
		{name: "Łódzka Karta Rabatowa", size: 133, price: "9.99", currency: "PLN", kind: "recurring_monthly", pass: "Miesięcznie"},
		{name: "Προσφορές Αθήνας", size: 82},
		{name: "Ταβέρνα ο Γιώργος", size: 7},
		{name: "東京クーポンガイド", size: 264, price: "500.00", currency: "JPY", kind: "recurring_monthly", pass: "月額プラン"},
		{name: "ラーメン横丁", size: 31},
		{name: "عروض دبي", size: 119},
		{name: "مطعم الزيتون", size: 15},
		{name: "🎉 Party Deals 🎉", size: 44},
		{name: "Pizza 🍕 & Pasta", size: 66},
		{name: "Smörgåsbord Malmö", size: 27},
		{name: "Café con Leche – Valencia", size: 39},
		{name: "Ofertas del Día", size: 71, price: "0.50", currency: "EUR", kind: "recurring_daily", pass: "Pase diario"},
		{name: "Descontos Açores", size: 52},
		{name: "Київські знижки", size: 88},
		{name: "İstanbul Fırsatları", size: 104},
		{name: "Slevy Plzeň", size: 20},
		{name: "Öresund Card", size: 63, price: "99.00", currency: "SEK", kind: "recurring_yearly", pass: "Årskort"},
		{name: "Pub Crawl London", size: 175, price: "15.00", currency: "GBP", kind: "basic", pass: "One night"},
		{name: "Fish & Chips Friday", size: 29},
		{name: "Student Card 2026/27", size: 390},
		{name: "VIP members only", size: 5, price: "250.00", currency: "EUR", kind: "recurring_yearly", pass: "Gold"},
		{name: "Opening soon", size: 0},
		{name: "City deals for families", size: 58},
		{name: `<script>alert(1)</script> *bold* _it_ ~no~ <!channel> <@U0000001> &amp; "quoted"`, size: 11},
		{name: "A name far longer than any select can show, since somebody put the whole opening hours in it: " +
			"Monday to Friday from 9 to 18, Saturday from 10 to 16, Sunday closed", size: 8},
	},
	campaigns: []knownCampaign{
		{
			name: "Summer sale 2026", title: "Summer sale: -20% on everything", status: "active", tags: "summer,sale",
			size: 2600, codes: 200,
		},
		{name: "Grand opening Gent", title: "Gratis koffie bij opening", status: "active", tags: "opening", size: 11_200},
		{name: "Welcome coupon", title: "5 € off your first order", status: "active", tags: "welcome", size: 940, codes: 1000},
		{name: "Birthday treat", title: "Happy birthday! A dessert on us", status: "active", tags: "birthday,vip", size: 415},
		{name: "Black Friday preview", title: "Black Friday starts here", status: "active", tags: "sale", size: 1870},
		{name: "Loyal customers Q4", title: "Bedankt! 10% korting", status: "active", tags: "vip", size: 320, codes: 350},
		{name: "Pizza 1+1", title: "Deuxième pizza gratuite", status: "active", tags: "food", size: 765},
		{name: "Kaasweken", title: "Proef onze kazen", status: "active", tags: "food", size: 128},
		{name: "Back to school", title: "Alles für die Schule", status: "expired", tags: "sale", size: 1210},
		{name: "Spring cleaning", title: "-15% op poetsproducten", status: "expired", tags: "spring", size: 540},
		{name: "Test campaign Mia", title: "TEST – do not use", status: "draft", size: 3},
		{name: "Example: scratch card", title: "Scratch and win", status: "example", size: 12},
		{name: "Example: coupon", title: "Your first coupon", status: "example"},
		{name: "東京オープニング", title: "オープン記念クーポン", status: "active", tags: "opening", size: 77},
		{name: "عرض الجمعة", title: "خصم ٢٠٪", status: "active", tags: "sale", size: 64},
		{name: "Wheel of fortune", title: "Draai en win!", status: "active", tags: "game", size: 1450},
		{name: `<b>Bold</b> & "quoted" <!channel> *deal*`, title: "<@U0000001> `code` ~old price~", status: "active", size: 19},
		{name: "Nobody yet", title: "Coming soon", status: "active"},
	},
	first: []personName{
		{"Mia", "mia"},
		{"Zoë", "zoe"},
		{"Noor", "noor"},
		{"François", "francois"},
		{"Élodie", "elodie"},
		{"Jürgen", "jurgen"},
		{"Bjørn", "bjorn"},
		{"Łukasz", "lukasz"},
		{"Γιώργος", "giorgos"},
		{"さくら", "sakura"},
		{"ليلى", "layla"},
		{"Seán", "sean"},
		{"Олена", "olena"},
		{"Çağla", "cagla"},
		{"Tom", "tom"},
		{"José María", "josemaria"},
	},
	last: []personName{
		{"Peeters", "peeters"},
		{"Van den Broeck", "vandenbroeck"},
		{"De Smet", "desmet"},
		{"Lefèvre", "lefevre"},
		{"Müller", "muller"},
		{"Groß", "gross"},
		{"Ångström", "angstrom"},
		{"Wiśniewski", "wisniewski"},
		{"Παπαδόπουλος", "papadopoulos"},
		{"田中", "tanaka"},
		{"حداد", "haddad"},
		{"O’Neill", "oneill"},
		{"Шевченко", "shevchenko"},
		{"Yılmaz", "yilmaz"},
		{"D’Souza", "dsouza"},
		{"Núñez", "nunez"},
		{"Kowalska-Nowak", "kowalskanowak"},
	},
}

// localNames are those of an account of Belgian shops and towns.
var localNames = dataset{
	directories: []knownDirectory{
		{name: "City deals", size: 212},
		{name: "City deals", size: 34, price: "4.50", currency: "EUR", kind: "recurring_yearly", pass: "Yearly pass"},
		{name: "Stadsbonnen Gent", size: 400},
		{name: "Kortingen voor de buurt", size: 61},
		{name: "De Kaasboer & Zonen", size: 18},
		{name: "Sint-Niklaas winkelt lokaal", size: 145},
		{name: "Zomerpas Oostende", size: 3400, price: "12.00", currency: "EUR", kind: "basic", pass: "One summer"},
		{name: "Bons plans de Liège", size: 97},
		{name: "Crêperie du Vieux-Marché", size: 23},
		{name: "Été à Namur", size: 76, price: "2.00", currency: "EUR", kind: "recurring_weekly", pass: "Par semaine"},
		{name: "Boulangerie L’Épi d’Or", size: 12},
		{name: "Museumpas Antwerpen", size: 310, price: "19.90", currency: "EUR", kind: "recurring_yearly", pass: "Year pass"},
		{name: "Bakkerij De Korenbloem", size: 9},
		{name: "Wintermarkt Brugge", size: 55},
		{name: "Fietsroute Haspengouw", size: 48},
		{name: "Mechelen Shopping Card", size: 133, price: "9.99", currency: "EUR", kind: "recurring_monthly", pass: "Per month"},
		{name: "Terrasjes in Leuven", size: 82},
		{name: "Party deals", size: 44},
		{name: "Pizza & pasta", size: 66},
		{name: "Student card 2026/27", size: 390},
		{name: "VIP members only", size: 5, price: "250.00", currency: "EUR", kind: "recurring_yearly", pass: "Gold"},
		{name: "City deals for families", size: 58},
		{name: "Opening soon", size: 0},
	},
	campaigns: []knownCampaign{
		{
			name: "Summer sale 2026", title: "Summer sale: -20% on everything", status: "active", tags: "summer,sale",
			size: 2600, codes: 200,
		},
		{name: "Grand opening Gent", title: "Gratis koffie bij opening", status: "active", tags: "opening", size: 11_200},
		{name: "Welcome coupon", title: "5 € off your first order", status: "active", tags: "welcome", size: 940, codes: 1000},
		{name: "Birthday treat", title: "Happy birthday! A dessert on us", status: "active", tags: "birthday,vip", size: 415},
		{name: "Black Friday preview", title: "Black Friday starts here", status: "active", tags: "sale", size: 1870},
		{name: "Loyal customers Q4", title: "Bedankt! 10% korting", status: "active", tags: "vip", size: 320, codes: 350},
		{name: "Pizza 1+1", title: "Deuxième pizza gratuite", status: "active", tags: "food", size: 765},
		{name: "Kaasweken", title: "Proef onze kazen", status: "active", tags: "food", size: 128},
		{name: "Back to school", title: "Alles für die Schule", status: "expired", tags: "sale", size: 1210},
		{name: "Spring cleaning", title: "-15% op poetsproducten", status: "expired", tags: "spring", size: 540},
		{name: "Test campaign Mia", title: "TEST – do not use", status: "draft", size: 3},
		{name: "Example: scratch card", title: "Scratch and win", status: "example", size: 12},
		{name: "Example: coupon", title: "Your first coupon", status: "example"},
		{name: "Wheel of fortune", title: "Draai en win!", status: "active", tags: "game", size: 1450},
		{name: "Nobody yet", title: "Coming soon", status: "active"},
	},
	first: []personName{
		{"Anna", "anna"},
		{"Bram", "bram"},
		{"Camille", "camille"},
		{"Dirk", "dirk"},
		{"Elise", "elise"},
		{"François", "francois"},
		{"Greet", "greet"},
		{"Hannah", "hannah"},
		{"Jonas", "jonas"},
		{"Karim", "karim"},
		{"Lotte", "lotte"},
		{"Mehdi", "mehdi"},
		{"Noor", "noor"},
		{"Pieter", "pieter"},
		{"Sofie", "sofie"},
		{"Tom", "tom"},
		{"Yasmine", "yasmine"},
		{"Zoë", "zoe"},
	},
	last: []personName{
		{"Peeters", "peeters"},
		{"Janssens", "janssens"},
		{"Maes", "maes"},
		{"Jacobs", "jacobs"},
		{"Mertens", "mertens"},
		{"Willems", "willems"},
		{"Claes", "claes"},
		{"Goossens", "goossens"},
		{"Wouters", "wouters"},
		{"De Smet", "desmet"},
		{"Dubois", "dubois"},
		{"Lambert", "lambert"},
		{"Dupont", "dupont"},
		{"Benali", "benali"},
		{"Van den Broeck", "vandenbroeck"},
		{"Lefèvre", "lefevre"},
		{"Hermans", "hermans"},
		{"Aerts", "aerts"},
	},
}

// The parts of further directories' names.
var (
	towns  = []string{"Aalst", "Brugge", "Charleroi", "Düsseldorf", "Évreux", "Fürth", "Genève", "Hasselt", "Iași", "Kraków"}
	trades = []string{"bakers", "book shops", "cinemas", "florists", "gyms", "hotels", "market", "museums", "restaurants", "spas"}
)

// personName is a part of a person's name and its form in an e-mail address.
type personName struct{ shown, plain string }

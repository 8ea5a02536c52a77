package sandbox

// known is a directory as it stands in the table below.
type known struct {
	name  string
	users int
	// price is "" for a free directory, else the amount in currency, paid as kind says.
	price, currency, kind, pass string
}

// knownDirectories are names as customers give them: several languages and scripts, two alike, one that is a prefix of
// another, and two that try to be markup.
var knownDirectories = []known{
	{name: "City deals", users: 212},
	{name: "City deals", users: 34, price: "4.50", currency: "EUR", kind: "recurring_yearly", pass: "Yearly pass"},
	{name: "Stadsbonnen Gent", users: 400},
	{name: "Kortingen voor de buurt", users: 61},
	{name: "De Kaasboer & Zonen", users: 18},
	{name: "Sint-Niklaas winkelt lokaal", users: 145},
	{name: "Zomerpas Oostende", users: 3400, price: "12.00", currency: "EUR", kind: "basic", pass: "One summer"},
	{name: "Bons plans de Liège", users: 97},
	{name: "Crêperie du Vieux-Marché", users: 23},
	{name: "Été à Namur – offres d’été", users: 76, price: "2.00", currency: "EUR", kind: "recurring_weekly", pass: "Par semaine"},
	{name: "Boulangerie L’Épi d’Or", users: 12},
	{name: "Münchner Gutscheinheft", users: 310, price: "19.90", currency: "EUR", kind: "recurring_yearly", pass: "Jahreskarte"},
	{name: "Bäckerei Groß", users: 9},
	{name: "Straßenfest Köln-Süd", users: 55},
	{name: "Żywiec – zniżki na lato", users: 48},
	{name: "Łódzka Karta Rabatowa", users: 133, price: "9.99", currency: "PLN", kind: "recurring_monthly", pass: "Miesięcznie"},
	{name: "Προσφορές Αθήνας", users: 82},
	{name: "Ταβέρνα ο Γιώργος", users: 7},
	{name: "東京クーポンガイド", users: 264, price: "500", currency: "JPY", kind: "recurring_monthly", pass: "月額プラン"},
	{name: "ラーメン横丁", users: 31},
	{name: "عروض دبي", users: 119},
	{name: "مطعم الزيتون", users: 15},
	{name: "🎉 Party Deals 🎉", users: 44},
	{name: "Pizza 🍕 & Pasta", users: 66},
	{name: "Smörgåsbord Malmö", users: 27},
	{name: "Café con Leche – Valencia", users: 39},
	{name: "Ofertas del Día", users: 71, price: "0.50", currency: "EUR", kind: "recurring_daily", pass: "Pase diario"},
	{name: "Descontos Açores", users: 52},
	{name: "Київські знижки", users: 88},
	{name: "İstanbul Fırsatları", users: 104},
	{name: "Slevy Plzeň", users: 20},
	{name: "Öresund Card", users: 63, price: "99.00", currency: "SEK", kind: "recurring_yearly", pass: "Årskort"},
	{name: "Pub Crawl London", users: 175, price: "15.00", currency: "GBP", kind: "basic", pass: "One night"},
	{name: "Fish & Chips Friday", users: 29},
	{name: "Student Card 2026/27", users: 390},
	{name: "VIP members only", users: 5, price: "250.00", currency: "EUR", kind: "recurring_yearly", pass: "Gold"},
	{name: "Opening soon", users: 0},
	{name: "City deals for families", users: 58},
	{name: `<script>alert(1)</script> *bold* _it_ ~no~ <!channel> <@U0000001> &amp; "quoted"`, users: 11},
	{name: "A name far longer than any select can show, since somebody put the whole opening hours in it: " +
		"Monday to Friday from 9 to 18, Saturday from 10 to 16, Sunday closed", users: 8},
}

// The parts that names of further directories are made of.
var (
	towns  = []string{"Aalst", "Brugge", "Charleroi", "Düsseldorf", "Évreux", "Fürth", "Genève", "Hasselt", "Iași", "Kraków"}
	trades = []string{"bakers", "book shops", "cinemas", "florists", "gyms", "hotels", "market", "museums", "restaurants", "spas"}
)

// name is a part of a person's name and how it stands in an e-mail address.
type name struct{ shown, plain string }

var firstNames = []name{
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
}

var lastNames = []name{
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
}

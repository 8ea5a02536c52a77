package commands

// Names of form fields that several forms have.
const (
	fieldAmount    = "amount"
	fieldCampaign  = "campaign"
	fieldDirectory = "directory"
	fieldEmail     = "email"
	fieldEnds      = "expiry_date"
	fieldFirstName = "first_name"
	fieldImport    = "file"
	fieldLastName  = "last_name"
	fieldMessage   = "message"
	fieldPhone     = "phone"
	fieldQuery     = "query"
	fieldStatus    = "status"
	fieldTo        = "to"
)

// Choices of the field [fieldTo]: everybody, or one person.
const (
	toAll = "all"
	toOne = "one"
)

// Limits of inputs, in characters.
const (
	maxIDInput   = 50
	maxNameInput = 100
	// maxQuery bounds the words to search for.
	maxQuery = 100
	// maxPush bounds a push message. Coupontools names no limit; phones show about as many on a locked screen.
	maxPush = 200
)

package form

// Names of form fields that several forms have.
const (
	FieldAmount    = "amount"
	FieldCampaign  = "campaign"
	FieldDirectory = "directory"
	FieldEmail     = "email"
	FieldEnds      = "expiry_date"
	FieldFirstName = "first_name"
	FieldImport    = "file"
	FieldLastName  = "last_name"
	FieldMessage   = "message"
	FieldPhone     = "phone"
	FieldQuery     = "query"
	FieldStatus    = "status"
	FieldTo        = "to"
)

// Choices of the field [FieldTo]: everybody, or one person.
const (
	ToAll = "all"
	ToOne = "one"
)

// Limits of inputs, in characters.
const (
	MaxIDInput   = 50
	MaxNameInput = 100
	// MaxQuery bounds the words to search for.
	MaxQuery = 100
	// MaxPush bounds a push message. Coupontools names no limit; phones show about as many on a locked screen.
	MaxPush = 200
)

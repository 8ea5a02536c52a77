package sandbox

// route is one call of the API.
type route struct {
	// params are the parameters it knows, besides client_id and client_secret.
	params []string
	// handle does the work. It is called with the lock held.
	handle func(*Server, params) (reply, *failure)
}

// The routes, by path. All of them are called with POST.
var routes = map[string]route{
	"/v3/directory/list":        {nil, (*Server).listDirectories},
	"/v3/directory/info":        {[]string{"directory"}, (*Server).directoryInfo},
	"/v3/directoryusers/list":   {[]string{"directory", "page"}, (*Server).listUsers},
	"/v3/directoryusers/update": {[]string{"directory", "user", "status", "expiry_date"}, (*Server).updateUser},
	"/v3/send/email": {
		[]string{"campaign", "email", "subject", "firstname", "lastname", "check_unique", "couponsession"},
		(*Server).sendEmail,
	},
	"/v3/send/sms":          {[]string{"campaign", "phone", "body", "sender"}, (*Server).sendSMS},
	"/v3/smstool/grouplist": {nil, (*Server).listSMSGroups},
	"/v3/smstool/userlist":  {[]string{"smsgroup"}, (*Server).listSMSContacts},
}

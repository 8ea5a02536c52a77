package coupontools

import (
	"context"
	"net"
)

// WithDial sets the dial function, so that a test needs no network.
func WithDial(dial func(ctx context.Context, network, address string) (net.Conn, error)) Option {
	return func(c *Client) error {
		c.reads.DialContext, c.sends.DialContext = dial, dial
		return nil
	}
}

// DecodeDirectories reads the answer to a directory list.
func DecodeDirectories(body []byte) ([]Directory, error) { return decodeBody(body, decodeDirectories) }

// DecodeUsers reads the answer to a users list.
func DecodeUsers(body []byte) ([]DirectoryUser, error) { return decodeBody(body, decodeUsers) }

// Decoders are the decoders of answers, by name.
func Decoders() map[string]func([]byte) (any, error) {
	r := &route{shape: `{"a":[{"b":1}],"c":{"d":""}}`}
	return map[string]func([]byte) (any, error){
		"campaigns":    decoder(decodeCampaigns),
		"campaign":     decoder(func(a answer) (*Campaign, error) { return decodeCampaign(a, "cam_1") }),
		"sessions":     decoder(decodeSessions),
		"session":      decoder(func(a answer) (*Session, error) { return decodeSession(a, "k3v9t0") }),
		"results":      decoder(func(a answer) ([]SessionResult, error) { return decodeResults(a, []string{"a"}) }),
		"cards":        decoder(decodeLoyaltyCards),
		"holders":      decoder(decodeLoyaltyUsers),
		"categories":   decoder(decodeCategories),
		"SMS groups":   decoder(decodeSMSGroups),
		"SMS contacts": decoder(decodeSMSContacts),
		"single uses":  decoder(decodeSingleUses),
		"single use":   decoder(decodeSingleUse),
		"subaccounts":  decoder(decodeSubaccounts),
		"subaccount":   decoder(decodeSubaccount),
		"sign-on":      decoder(func(a answer) (*SignOn, error) { return decodeSignOn(a, "subaccount", "sso") }),
		"differences": decoder(func(a answer) (any, error) {
			(&Client{answers: func(Answer) {}}).compare(r, a)
			return nil, nil
		}),
	}
}

func decoder[T any](decode func(answer) (T, error)) func([]byte) (any, error) {
	return func(body []byte) (any, error) { return decodeBody(body, decode) }
}

func decodeBody[T any](body []byte, decode func(answer) (T, error)) (none T, _ error) {
	a, err := parse(body)
	if err != nil {
		return none, err
	}
	return decode(a)
}

// Verdict reads the envelope of an answer.
func Verdict(body []byte) (ok, refused bool, codes []int, texts []string) {
	a, err := parse(body)
	if err != nil {
		return false, false, nil, nil
	}
	v := a.verdict()
	return v.ok(), v.refused(), v.codes, v.texts
}

// KeyHeaders returns the headers for the keys on v3 and on v4 routes.
func KeyHeaders() (v3, v4 [2]string) {
	v3[0], v3[1] = rpc.keyHeaders()
	v4[0], v4[1] = resource.keyHeaders()
	return v3, v4
}

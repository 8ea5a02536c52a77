// Package outbound decides where couponbot may send a token or people's data, and makes its HTTP clients.
//
// Slack's payloads and answers hold addresses: response URLs, files, upload URLs, WebSockets. A forged one would take what
// is sent there to somebody else, so each of them is held to one [Rule].
package outbound

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// Rule says which addresses are Slack's. The zero Rule allows slack.com and its subdomains, encrypted.
type Rule struct {
	// scheme and host (host:port) are those of the Web API, if that is elsewhere.
	scheme, host string
}

// For returns the rule for a bot that calls the Web API at apiURL (SLACK_API_URL).
func For(apiURL string) Rule {
	u, ok := parse(apiURL)
	if !ok || ports[u.Scheme] == "" {
		return Rule{}
	}
	return Rule{scheme: u.Scheme, host: hostPort(u)}
}

// slackHost matches slack.com and what is below it, in lower case. A host with a trailing dot or with letters of other
// scripts is none, though a resolver might find one.
var slackHost = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*slack\.com$`)

// ports are the default ports of the schemes that are used.
var ports = map[string]string{"http": "80", "https": "443", "ws": "80", "wss": "443"}

// secure is the encrypted scheme of each.
var secure = map[string]string{"http": "https", "https": "https", "ws": "wss", "wss": "wss"}

// Allows reports whether an HTTP request with a token or people's data may go to an address: https at slack.com or below, or
// the scheme, host and port of the Web API.
func (r Rule) Allows(address string) bool {
	u, ok := parse(address)
	if !ok {
		return false
	}
	return u.Scheme == "https" && slacks(u) || u.Scheme == r.scheme && hostPort(u) == r.host
}

// AllowsSocket reports whether a WebSocket may be opened to an address: wss at slack.com or below, or at the host and port of
// the Web API; there ws only if the Web API is not encrypted either.
func (r Rule) AllowsSocket(address string) bool {
	u, ok := parse(address)
	if !ok {
		return false
	}
	return u.Scheme == "wss" && slacks(u) ||
		(u.Scheme == "wss" || u.Scheme == "ws" && r.scheme == "http") && hostPort(u) == r.host
}

// slacks reports whether an address is at slack.com or below, at the default port.
func slacks(u *url.URL) bool {
	return slackHost.MatchString(strings.ToLower(u.Hostname())) && strings.HasSuffix(hostPort(u), ":"+ports[secure[u.Scheme]])
}

// parse reads an absolute address with a host and without a user.
func parse(address string) (*url.URL, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Opaque != "" || u.User != nil || u.Hostname() == "" || strings.HasSuffix(u.Host, ":") || !ascii(u.Host) {
		return nil, false
	}
	return u, true
}

// ascii refuses letters that a resolver would map to others.
func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}

// hostPort is the host in lower case with its port, the default one if none is given.
func hostPort(u *url.URL) string {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" {
		port = ports[u.Scheme]
	}
	return host + ":" + port
}

// Client returns an HTTP client that follows no redirect: the answer is the redirect itself. It is the only constructor of
// clients in the program; a test reads the source for that. A nil transport is the default one.
func Client(timeout time.Duration, transport http.RoundTripper) *http.Client {
	return &http.Client{
		Timeout:       timeout,
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

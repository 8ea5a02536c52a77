package app

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// siteGuard protects a local listener from web sites that are open in a browser on this machine. It rejects requests with
// another Host header (DNS rebinding) and requests of any method from another origin. Programs such as the bot send no
// origin and pass.
//
// [http.CrossOriginProtection] isn't enough: it allows every GET, including one that opens a WebSocket.
type siteGuard struct {
	next         http.Handler
	allowedHosts []string // allowed values of the Host header, with port
	// anyIPPort is set if the listener accepts connections on all addresses: every IP address with this port is allowed.
	// That is safe, since a Host header with an IP address can't come from DNS rebinding.
	anyIPPort string
}

// newSiteGuard returns a siteGuard for the handler that listens on addr. listenFlag is the address as the user wrote it,
// or "".
func newSiteGuard(addr net.Addr, listenFlag string, next http.Handler) siteGuard {
	g := siteGuard{next: next, allowedHosts: []string{addr.String()}}
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return g
	}
	if host, _, err := net.SplitHostPort(listenFlag); err == nil && host != "" {
		g.allowedHosts = append(g.allowedHosts, net.JoinHostPort(host, port))
	}
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		g.anyIPPort = port
	}
	return g
}

// ServeHTTP serves the request, or answers 421 for another host and 403 for another site.
func (g siteGuard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !g.allowsHost(r.Host):
		http.Error(w, "This server answers only to its own address.", http.StatusMisdirectedRequest)
	case !sameSite(r):
		http.Error(w, "This request comes from another site. To open the page, type its address.", http.StatusForbidden)
	default:
		g.next.ServeHTTP(w, r)
	}
}

// allowsHost reports whether a Host header names this listener. Browsers omit port 80.
func (g siteGuard) allowsHost(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), "80"
	}
	if _, err := netip.ParseAddr(name); err == nil && port == g.anyIPPort {
		return true
	}
	return slices.ContainsFunc(g.allowedHosts, func(own string) bool { return strings.EqualFold(own, net.JoinHostPort(name, port)) })
}

// sameSite reports whether a request comes from a program, the browser's address bar, or a page of this server.
func sameSite(r *http.Request) bool {
	for _, site := range r.Header.Values("Sec-Fetch-Site") {
		if site != "same-origin" && site != "none" {
			return false
		}
	}
	for _, origin := range r.Header.Values("Origin") {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" || !strings.EqualFold(u.Host, r.Host) {
			return false
		}
	}
	return true
}

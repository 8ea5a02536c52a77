package app

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// siteGuard keeps other web sites in a browser on this machine away from a listener. It refuses requests that name another
// host, which is how DNS rebinding looks, and requests of any method that come from another origin. Programs, such as the
// bot itself, send no origin and pass.
//
// [http.CrossOriginProtection] isn't enough: it lets every GET through, also one that opens a WebSocket.
type siteGuard struct {
	next  http.Handler
	hosts []string // that a Host header may name, each with its port
	// anyIP lets every IP address with this port through: the listener has no address of its own. No DNS name can be
	// pointed at such a Host.
	anyIP string
}

// guardSite puts a siteGuard in front of what answers at addr. asked is the address as the user wrote it, if anyone did.
func guardSite(addr net.Addr, asked string, next http.Handler) siteGuard {
	g := siteGuard{next: next, hosts: []string{addr.String()}}
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return g
	}
	if host, _, err := net.SplitHostPort(asked); err == nil && host != "" {
		g.hosts = append(g.hosts, net.JoinHostPort(host, port))
	}
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		g.anyIP = port
	}
	return g
}

func (g siteGuard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !g.knows(r.Host):
		http.Error(w, "This server answers only to its own address.", http.StatusMisdirectedRequest)
	case !sameSite(r):
		http.Error(w, "This request comes from another site. To open the page, type its address.", http.StatusForbidden)
	default:
		g.next.ServeHTTP(w, r)
	}
}

// knows reports whether a Host header names this listener. Browsers leave the port out if it is 80.
func (g siteGuard) knows(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), "80"
	}
	if _, err := netip.ParseAddr(name); err == nil && port == g.anyIP {
		return true
	}
	return slices.ContainsFunc(g.hosts, func(own string) bool { return strings.EqualFold(own, net.JoinHostPort(name, port)) })
}

// sameSite reports whether a request comes from a program, from the address bar, or from a page of this very server.
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

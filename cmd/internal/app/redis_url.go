package app

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// checkRedisURL returns nil for a URL that go-redis understands, else a [hintError].
func checkRedisURL(text string) error {
	options, err := redis.ParseURL(text)
	if err == nil && !strings.Contains(text, "#") && options.DB >= 0 {
		return nil
	}
	return hintError(redisURLHint(text, err))
}

var (
	// schemePattern and namePattern match the parts of a URL that a hint may quote. They allow only letters and a few
	// separators, which a secret is unlikely to consist of.
	schemePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z+-]{0,19}$`)
	namePattern   = regexp.MustCompile(`^[A-Za-z][A-Za-z_-]{0,39}$`)
	// badOptionPattern matches go-redis's error about a parameter's value.
	badOptionPattern = regexp.MustCompile(`^redis: invalid (\w+) (number|duration|boolean):`)
)

// redisURLHint describes the problem with a URL. err is go-redis's error, which is not quoted since it may contain the
// password.
func redisURLHint(text string, err error) string {
	scheme, rest, ok := strings.Cut(text, "://")
	switch {
	case !ok:
		return "it has no scheme, such as redis://, in front"
	case !strings.Contains(" redis rediss unix ", " "+strings.ToLower(scheme)+" "):
		if schemePattern.MatchString(scheme) {
			return "it has the scheme " + scheme + "://"
		}
		return "it has another scheme"
	}
	if char := unencodedChar(rest); char != "" {
		return "its user or password has a " + char + " in it, which must be percent-encoded: # is %23, % is %25, / is %2F, ? is %3F, " +
			"@ is %40, a blank is %20"
	}
	message := ""
	if err != nil {
		message = err.Error()
	}
	option := badOptionPattern.FindStringSubmatch(message)
	unknown, isUnknown := strings.CutPrefix(message, "redis: unexpected option: ")
	switch {
	case strings.Contains(rest, "#"):
		return "it has a # behind the host; if that is part of the password, write it as %23"
	case isUnknown:
		return unknownOptions(strings.Split(unknown, ", "))
	case option != nil && option[1] != "database":
		return "its parameter " + option[1] + " must be a " + option[2]
	case err == nil, strings.HasPrefix(message, "redis: invalid database number"), strings.HasPrefix(message, "redis: invalid URL path"):
		return "behind the host stands the number of a database, such as /0"
	case strings.HasPrefix(message, "redis: empty unix socket path"):
		return "it lacks the path of the socket, as in unix:///run/redis/redis.sock"
	case strings.Contains(message, "invalid port"):
		return "its port is not a number"
	}
	return "its host cannot be read"
}

// unencodedChar returns a character of the user or password that must be percent-encoded, or "". rest is the URL without
// its scheme. The first / ? or # ends the host, so an @ after it means that the character belongs to the password.
func unencodedChar(rest string) string {
	end := strings.IndexAny(rest, "/?#")
	if end > 0 && strings.Contains(rest[end:], "@") {
		return rest[end : end+1]
	}
	if end < 0 {
		end = len(rest)
	}
	login := rest[:max(0, strings.LastIndexByte(rest[:end], '@'))]
	if _, err := url.PathUnescape(login); err != nil {
		return "%"
	}
	if i := strings.IndexAny(login, " \"<>[\\]^`{|}"); i >= 0 {
		return strings.Replace(login[i:i+1], " ", "blank", 1)
	}
	return ""
}

// unknownOptions returns the hint about parameters that go-redis doesn't know. It shows only names that match namePattern.
func unknownOptions(names []string) string {
	names = slices.DeleteFunc(names, func(name string) bool { return !namePattern.MatchString(name) })
	if len(names) == 0 {
		return "it has a parameter that is not known"
	}
	return "it has a parameter that is not known: " + strings.Join(names, ", ")
}

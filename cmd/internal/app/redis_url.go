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
	// plainScheme and plainName match what a hint may repeat of a URL: words of letters, which a secret is not likely to be.
	plainScheme = regexp.MustCompile(`^[A-Za-z][A-Za-z+-]{0,19}$`)
	plainName   = regexp.MustCompile(`^[A-Za-z][A-Za-z_-]{0,39}$`)
	// wrongOption finds a parameter in go-redis's error about its value.
	wrongOption = regexp.MustCompile(`^redis: invalid (\w+) (number|duration|boolean):`)
)

// redisURLHint says what is wrong with a URL, given go-redis's error. The error itself is not shown, since it may repeat the
// password.
func redisURLHint(text string, err error) string {
	scheme, rest, ok := strings.Cut(text, "://")
	switch {
	case !ok:
		return "it has no scheme, such as redis://, in front"
	case !strings.Contains(" redis rediss unix ", " "+strings.ToLower(scheme)+" "):
		if plainScheme.MatchString(scheme) {
			return "it has the scheme " + scheme + "://"
		}
		return "it has another scheme"
	}
	if sign := unencoded(rest); sign != "" {
		return "its user or password has a " + sign + " in it, which must be percent-encoded: # is %23, % is %25, / is %2F, ? is %3F, " +
			"@ is %40, a blank is %20"
	}
	said := ""
	if err != nil {
		said = err.Error()
	}
	option := wrongOption.FindStringSubmatch(said)
	unknown, isUnknown := strings.CutPrefix(said, "redis: unexpected option: ")
	switch {
	case strings.Contains(rest, "#"):
		return "it has a # behind the host; if that is part of the password, write it as %23"
	case isUnknown:
		return unknownOptions(strings.Split(unknown, ", "))
	case option != nil && option[1] != "database":
		return "its parameter " + option[1] + " must be a " + option[2]
	case err == nil, strings.HasPrefix(said, "redis: invalid database number"), strings.HasPrefix(said, "redis: invalid URL path"):
		return "behind the host stands the number of a database, such as /0"
	case strings.HasPrefix(said, "redis: empty unix socket path"):
		return "it lacks the path of the socket, as in unix:///run/redis/redis.sock"
	case strings.Contains(said, "invalid port"):
		return "its port is not a number"
	}
	return "its host cannot be read"
}

// unencoded returns a sign that must not stand in a user or password as it is, if one does; rest is a URL behind its scheme.
// The first / ? or # ends the host, so an @ behind it tells that the sign was meant for the password.
func unencoded(rest string) string {
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

// unknownOptions names parameters that go-redis does not know, as far as they may be shown.
func unknownOptions(names []string) string {
	names = slices.DeleteFunc(names, func(name string) bool { return !plainName.MatchString(name) })
	if len(names) == 0 {
		return "it has a parameter that is not known"
	}
	return "it has a parameter that is not known: " + strings.Join(names, ", ")
}

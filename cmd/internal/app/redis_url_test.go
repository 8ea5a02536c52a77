package app

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRedisURL_hints(t *testing.T) {
	t.Parallel()
	const encode = ", which must be percent-encoded: # is %23, % is %25, / is %2F, ? is %3F, @ is %40, a blank is %20"
	const database = "behind the host stands the number of a database, such as /0"
	for _, tt := range []struct{ url, want string }{
		{"redis://:Hush#1@redis.example:6379/0", "its user or password has a # in it" + encode},
		{"redis://me:123#4@redis.example:6379/0", "its user or password has a # in it" + encode},
		{"redis://Hush#1@redis.example", "its user or password has a # in it" + encode},
		{"redis://:Hush%1@redis.example:6379/0", "its user or password has a % in it" + encode},
		{"redis://:100%@redis.example", "its user or password has a % in it" + encode},
		{"redis://:Hush/1@redis.example:6379/0", "its user or password has a / in it" + encode},
		{"redis://:12/34@redis.example:6379/0", "its user or password has a / in it" + encode},
		{"redis://:Hush@1/2@redis.example:6379/0", "its user or password has a / in it" + encode},
		{"redis://:Hush?1@redis.example:6379/0", "its user or password has a ? in it" + encode},
		{"redis://:12?34@redis.example:6379/0", "its user or password has a ? in it" + encode},
		{"redis://me:Hush 1@redis.example", "its user or password has a blank in it" + encode},
		{"redis://me:Hush^1@redis.example", "its user or password has a ^ in it" + encode},
		{"unix://me:Hush/1@/run/redis.sock", "its user or password has a / in it" + encode},
		{"redis://redis.example:6379/0#Hush", "it has a # behind the host; if that is part of the password, write it as %23"},
		{"unix:///run/redis#1.sock", "it has a # behind the host; if that is part of the password, write it as %23"},
		{"redis://redis.example?ssl_cert_reqs=Hush", "it has a parameter that is not known: ssl_cert_reqs"},
		{"rediss://redis.example/0?timeout=3&password=Hush", "it has a parameter that is not known: password, timeout"},
		{"redis://redis.example?Hush1", "it has a parameter that is not known"},
		{"redis://redis.example?pool_size=Hush", "its parameter pool_size must be a number"},
		{"redis://redis.example?read_timeout=Hush", "its parameter read_timeout must be a duration"},
		{"redis://redis.example?pool_fifo=Hush", "its parameter pool_fifo must be a boolean"},
		{"redis://redis.example:6379/cache", database},
		{"redis://redis.example:6379/0/1", database},
		{"redis://redis.example:6379/-1", database},
		{"redis://redis.example?db=Hush", database},
		{"redis://redis.example?db=-1", database},
		{"http://redis.example:6379", "it has the scheme http://"},
		{"redis+cluster://:Hush@redis.example:6379", "it has the scheme redis+cluster://"},
		{"Hush7://redis.example", "it has another scheme"},
		{"localhost:6379", "it has no scheme, such as redis://, in front"},
		{"127.0.0.1:6379", "it has no scheme, such as redis://, in front"},
		{"me:Hush@redis.example:6379", "it has no scheme, such as redis://, in front"},
		{"redis://redis.example:port", "its port is not a number"},
		{"redis://me:Hush@redis.example:port/0", "its port is not a number"},
		{"redis://redis .example", "its host cannot be read"},
		{"unix://", "it lacks the path of the socket, as in unix:///run/redis/redis.sock"},
	} {
		err := new(RedisURL).Decode(tt.url)
		hint, ok := errors.AsType[hintError](err)
		if !ok || string(hint) != tt.want {
			t.Errorf("%s: %v, want %q", tt.url, err, tt.want)
		}
		if strings.Contains(string(hint), "Hush") {
			t.Errorf("%s: the hint repeats a secret: %s", tt.url, hint)
		}
	}
}

func TestRedisURL_accepts(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"redis://:p%23a%25s%2Fs%3F%40%20@redis.example:6380/3":        "p#a%s/s?@ ",
		"rediss://me:p@ss@redis.example":                              "p@ss",
		"REDIS://redis.example":                                       "",
		"redis://redis.example?client_name=a@b":                       "",
		"unix://me:hush@/run/redis@1.sock?db=2":                       "hush",
		" redis://me:hush@[::1]:6379/0?read_timeout=5s&pool_size=9\n": "hush",
	} {
		var r RedisURL
		if err := r.Decode(url); err != nil || r.Options().Password != want {
			t.Errorf("%q: password %q, %v, want %q", url, r.Options().Password, err, want)
		}
	}
}

// Errors about a URL never contain its password.
func TestRedisURL_hidesPassword(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// Passwords contain digits, so that they can't match a word of a hint by chance.
		password := rapid.StringMatching(`[0-9#%/?@ \[\]:^]{4,12}7[0-9]{5}`).Draw(t, "password")
		url := rapid.SampledFrom([]string{"redis://", "rediss://", "unix://", "http://", "", "redis:"}).Draw(t, "scheme") +
			rapid.SampledFrom([]string{"", "me:", ":"}).Draw(t, "user") + password +
			rapid.SampledFrom([]string{"@redis.example", "@", "", "@h:p/x?y=1", "@/run/s"}).Draw(t, "host")
		if err := new(RedisURL).Decode(url); err != nil && strings.Contains(err.Error(), password[len(password)-6:]) {
			t.Fatalf("%s: %v", url, err)
		}
	})
}

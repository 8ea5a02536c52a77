package app

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	_ "time/tzdata" // people's time zones, for hosts that have no zone files

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/commands"
)

// What couponbot exits with.
const (
	exitDone   = 0
	exitFailed = 1
	// exitBad is for a bad call and for bad settings.
	exitBad = 2
)

// DemoOptions are the flags of couponbot demo.
type DemoOptions struct {
	// Listen is the address of the page, host:port.
	Listen string
	// Redis is the URL of a Redis server; empty stands for an embedded one.
	Redis string
}

//go:embed help.txt
var help string

// Main runs couponbot with args, which begin behind the program's name, until it is done or ctx ends. It returns what the
// program has to exit with.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	name := "serve"
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	if isHelp(name) || name != "demo" && len(args) > 0 && isHelp(args[0]) {
		_, _ = io.WriteString(stdout, help)
		return exitDone
	}
	redis.SetLogger(redisLog{slog.New(slog.DiscardHandler)}) // only serve has a log for it
	switch name {
	case "serve":
		return withConfig(name, args, stderr, func(c Config) error {
			log := NewLog(stderr, c)
			redis.SetLogger(redisLog{log})
			limitMemory(log)
			return Serve(ctx, c, log)
		})
	case "check":
		return withConfig(name, args, stderr, func(c Config) error {
			return Check(ctx, c, stdout, NewLog(stderr, c))
		})
	case "demo":
		return demo(ctx, args, stdout, stderr)
	case "health":
		return withoutArgs(name, args, stderr, func() error { return health(ctx) })
	case "manifest":
		return withoutArgs(name, args, stderr, func() error {
			return printManifest(stdout)
		})
	case "licenses":
		return withoutArgs(name, args, stderr, func() error { return printLicenses(stdout) })
	case "version", "-version", "--version":
		return withoutArgs(name, args, stderr, func() error {
			_, err := fmt.Fprintf(stdout, "couponbot %s (%s, %s/%s)\n", Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		})
	}
	fmt.Fprintf(stderr, "couponbot: there is no subcommand %q; see: couponbot help\n", name)
	return exitBad
}

func withConfig(name string, args []string, stderr io.Writer, run func(Config) error) int {
	return withoutArgs(name, args, stderr, func() error {
		c, err := ReadConfig()
		if err != nil {
			return err
		}
		return masked(run(c), c)
	})
}

// masked takes the settings' secrets out of an error's text.
func masked(err error, c Config) error {
	if err == nil || errors.Is(err, errNotWell) {
		return err
	}
	return errors.New(newMasker(c.Secrets()...).text(err.Error()))
}

func withoutArgs(name string, args []string, stderr io.Writer, run func() error) int {
	if len(args) == 0 {
		return exitCode(run(), stderr)
	}
	fmt.Fprintf(stderr, "couponbot: %s takes no arguments; its settings come from the environment; see: couponbot help\n", name)
	return exitBad
}

func isHelp(arg string) bool { return slices.Contains([]string{"help", "-h", "-help", "--help"}, arg) }

// exitCode puts an error into words, one line for each setting that is wrong.
func exitCode(err error, stderr io.Writer) int {
	if err == nil {
		return exitDone
	}
	if errors.Is(err, errNotWell) { // check has said it all
		return exitFailed
	}
	wrong, ok := errors.AsType[SettingsError](err)
	if !ok {
		fmt.Fprintf(stderr, "couponbot: %s\n", err)
		return exitFailed
	}
	fmt.Fprintln(stderr, "couponbot: these settings must be put right:")
	for _, line := range wrong {
		fmt.Fprintf(stderr, "  %s\n", line)
	}
	return exitBad
}

func demo(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o DemoOptions
	flags := flag.NewFlagSet("couponbot demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.Listen, "listen", "127.0.0.1:8765", "the `address` of the page; port 0 picks a free one")
	flags.StringVar(&o.Redis, "redis", "", "the `URL` of a Redis server to use in place of the embedded one")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		return exitBad
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "couponbot: demo does not take %q; see: couponbot demo -h\n", flags.Arg(0))
		return exitBad
	case new(Address).Decode(o.Listen) != nil:
		fmt.Fprintln(stderr, "couponbot: --listen must be an address such as 127.0.0.1:8765")
		return exitBad
	case o.Redis != "":
		if err := new(RedisURL).Decode(o.Redis); err != nil {
			fmt.Fprintf(stderr, "couponbot: --redis must be the URL of a Redis server, such as redis://127.0.0.1:6379/0; %v\n", err)
			return exitBad
		}
	}
	return exitCode(Demo(ctx, o, stdout, stderr), stderr)
}

func printManifest(stdout io.Writer) error {
	text, err := Manifest(commands.All(commands.Deps{}))
	if err != nil {
		return err
	}
	_, err = stdout.Write(text)
	return err
}

// health is what the image's HEALTHCHECK runs. It reads LISTEN_ADDR alone: that a token is missing is not its business.
func health(ctx context.Context) error {
	addr, err := listenAddr()
	if err != nil {
		return err
	}
	return Health(ctx, addr)
}

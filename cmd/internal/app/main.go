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
	_ "time/tzdata" // users' time zones, for hosts without zone files

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/commands"
)

// Exit codes of couponbot.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2 // wrong arguments or wrong settings
)

// DemoOptions are the flags of couponbot demo.
type DemoOptions struct {
	// Listen is the address of the page, host:port.
	Listen string
	// Redis is the URL of a Redis server. If it is empty, the demo starts an embedded one.
	Redis string
}

//go:embed help.txt
var helpText string

// Main runs couponbot until the subcommand is done or ctx ends, and returns the exit code. args are the arguments without
// the program's name.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	name := "serve"
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	if isHelp(name) || name != "demo" && len(args) > 0 && isHelp(args[0]) {
		_, _ = io.WriteString(stdout, helpText)
		return exitOK
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
		return runDemo(ctx, args, stdout, stderr)
	case "health":
		return withoutArgs(name, args, stderr, func() error { return checkHealth(ctx) })
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
	return exitUsage
}

// withConfig runs a subcommand that needs the settings.
func withConfig(name string, args []string, stderr io.Writer, run func(Config) error) int {
	return withoutArgs(name, args, stderr, func() error {
		c, err := ReadConfig()
		if err != nil {
			return err
		}
		return maskError(run(c), c)
	})
}

// maskError removes the settings' secrets from an error's text.
func maskError(err error, c Config) error {
	if err == nil || errors.Is(err, errCheckFailed) {
		return err
	}
	return errors.New(newMasker(c.Secrets()...).mask(err.Error()))
}

// withoutArgs runs a subcommand that takes no arguments.
func withoutArgs(name string, args []string, stderr io.Writer, run func() error) int {
	if len(args) == 0 {
		return reportError(run(), stderr)
	}
	fmt.Fprintf(stderr, "couponbot: %s takes no arguments; its settings come from the environment; see: couponbot help\n", name)
	return exitUsage
}

func isHelp(arg string) bool { return slices.Contains([]string{"help", "-h", "-help", "--help"}, arg) }

// reportError prints an error, with one line per wrong setting, and returns the exit code.
func reportError(err error, stderr io.Writer) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, errCheckFailed) { // check has printed its findings
		return exitFailed
	}
	settingsErr, ok := errors.AsType[SettingsError](err)
	if !ok {
		fmt.Fprintf(stderr, "couponbot: %s\n", err)
		return exitFailed
	}
	fmt.Fprintln(stderr, "couponbot: these settings must be put right:")
	for _, line := range settingsErr {
		fmt.Fprintf(stderr, "  %s\n", line)
	}
	return exitUsage
}

// runDemo parses the flags of couponbot demo and starts it.
func runDemo(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o DemoOptions
	flags := flag.NewFlagSet("couponbot demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.Listen, "listen", "127.0.0.1:8765", "the `address` of the page; port 0 picks a free one")
	flags.StringVar(&o.Redis, "redis", "", "the `URL` of a Redis server to use in place of the embedded one")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitUsage
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "couponbot: demo does not take %q; see: couponbot demo -h\n", flags.Arg(0))
		return exitUsage
	case new(Address).Decode(o.Listen) != nil:
		fmt.Fprintln(stderr, "couponbot: --listen must be an address such as 127.0.0.1:8765")
		return exitUsage
	case o.Redis != "":
		if err := new(RedisURL).Decode(o.Redis); err != nil {
			fmt.Fprintf(stderr, "couponbot: --redis must be the URL of a Redis server, such as redis://127.0.0.1:6379/0; %v\n", err)
			return exitUsage
		}
	}
	return reportError(Demo(ctx, o, stdout, stderr), stderr)
}

// printManifest prints the app manifest with all commands.
func printManifest(stdout io.Writer) error {
	text, err := Manifest(commands.All(commands.Deps{}))
	if err != nil {
		return err
	}
	_, err = stdout.Write(text)
	return err
}

// checkHealth implements couponbot health, which the image's HEALTHCHECK runs. It reads only LISTEN_ADDR, so it works
// without the other settings.
func checkHealth(ctx context.Context) error {
	addr, err := listenAddr()
	if err != nil {
		return err
	}
	return Health(ctx, addr)
}

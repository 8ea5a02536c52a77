// Command couponbot sends Coupontools directories from Slack. Run "couponbot help" for its subcommands, and
// "couponbot demo" to try it without any account.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/redis/go-redis/v9/logging"

	"github.com/coupontools/couponbot/cmd/internal/app"
)

func main() {
	logging.Disable() // go-redis would write past the log; what it has to say comes as errors too
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	app.SecondSignalKills(ctx, stop, os.Stderr)
	os.Exit(app.Main(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

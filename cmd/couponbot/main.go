// Command couponbot sends Coupontools directories from Slack. "couponbot help" lists the subcommands; "couponbot demo" tries
// the bot without any account.
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
	logging.Disable() // go-redis would log to stderr directly; its failures are also returned as errors
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	app.SecondSignalKills(ctx, stop, os.Stderr)
	os.Exit(app.Main(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

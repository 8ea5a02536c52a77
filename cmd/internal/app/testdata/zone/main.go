// Zone prints a fixed time in the time zone of its argument. It imports app to test the time zones built into couponbot.
package main

import (
	"fmt"
	"os"
	"time"

	_ "github.com/coupontools/couponbot/cmd/internal/app"
)

func main() {
	zone, err := time.LoadLocation(os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(time.Date(2026, time.July, 1, 12, 0, 0, 0, time.UTC).In(zone).Format("15:04 MST"))
}

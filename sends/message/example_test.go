package message_test

import (
	"fmt"

	"github.com/coupontools/couponbot/sends/message"
)

func ExampleCountSegments() {
	s := message.CountSegments("Today only: “two for one”", 50)
	fmt.Printf("%d of %d characters, %d segments, because of %q\n", s.Units, s.PerSegment, s.Segments, s.Culprits)
	// Output:
	// 76 of 67 characters, 2 segments, because of ['“' '”']
}

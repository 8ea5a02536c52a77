package ui

import (
	"testing"

	"github.com/coupontools/couponbot/coupontools"
)

func TestMatcher(t *testing.T) {
	t.Parallel()
	u := coupontools.DirectoryUser{
		ID: "reg_70", FirstName: "Élodie", LastName: "Van den Broeck", Email: "elodie.b@example.com", Phone: "+32470123456",
	}
	for who, want := range map[string]bool{
		"":                   true,
		"elodie":             true,
		"ÉLODIE van":         true,
		"broeck elodie":      true,
		"example.com":        true,
		"reg_70":             true,
		"REG_70":             true,
		"reg_7":              false,
		"0470 12 34 56":      true,
		"0470/12.34.56":      true,
		"+32 470 12 34 56":   true,
		"0032470123456":      true,
		"+32 (0)470 12 3456": true,
		"+320470123456":      true,
		"12 34":              true,
		"elodie 0470":        true,
		"anna":               false,
		"0471":               false,
		"elodie 0471":        false,
	} {
		got := NewMatcher(who).Matches(u) || who == ""
		if got != want {
			t.Errorf("%q matches %v, want %v", who, got, want)
		}
	}
	national := coupontools.DirectoryUser{ID: "reg_71", Phone: "0470 12 34 56"}
	if !NewMatcher("+32470123456").Matches(national) {
		t.Error("a number with its country code does not find one without")
	}
}

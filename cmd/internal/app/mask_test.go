package app

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nyaruka/phonenumbers"
)

func TestMasker_masks(t *testing.T) {
	t.Parallel()
	m := newMasker("topsecret", "a/b+c", "")
	tests := []struct{ name, text, want string }{
		{"E.164", "send to +32470123456 failed", "send to [phone] failed"},
		{"international", "to +32 470 12 34 56.", "to [phone]."},
		{"with brackets and dashes", "call (212) 555-0123 now", "call [phone] now"},
		{"national", "0470/12.34.56", "[phone]"},
		{"two in a row", "0470123456 0470123457", "[phone]"},
		{"a list", "+32470123456,+31612345678;0470123456", "[phone],[phone];[phone]"},
		{"glued with a plus", "tel+32470123456", "tel[phone]"},
		{"in a URL", "to=%2B32470123456&x=1", "to=[phone]&x=1"},
		{"no-break spaces and dashes", "+32\u00a0470\u201112\u201134\u201156", "[phone]"},
		{"other digits", "+٣٢٤٧٠١٢٣٤٥٦", "[phone]"},
		{"after an id", "reg_1234567 0470123456", "reg_1234567 [phone]"},
		{"before a unit", "0470123456 12ms", "[phone] 12ms"},
		{"in quotes", `no "0470 123 456"`, `no "[phone]"`},
		{"in JSON", `{"to":"32470123456"}`, `{"to":"[phone]"}`},
		{"address", "mail mia.o+x@example.com: no", "mail [e-mail]: no"},
		{"address in angles", "<mia@example.com>", "<[e-mail]>"},
		{"address in a URL", "to=mia%40example.com&x=1", "to=[e-mail]&x=1"},
		{"address with an odd local part", `"mia o"@example.com`, "[e-mail]"},
		{"address of another alphabet", "почта@пример.рф", "[e-mail]"},
		{"a secret", "key topsecret.", "key [secret]."},
		{"an escaped secret", "k=a%2Fb%2Bc&x", "k=[secret]&x"},
		{"tokens", "xoxb-1-2-abc xapp-1-A-2-abc xoxe.xoxp-1-abc", "[secret] [secret] [secret]"},
		{"a socket's ticket", "wss://w.slack.com/link/?ticket=abc-1&app_id=A1", "wss://w.slack.com/link/?[secret]&app_id=A1"},
		{"a response_url", `Post "https://hooks.slack.com/commands/T1/123/abc": EOF`, `Post "https://hooks.slack.com/commands/T1/[secret]": EOF`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := m.mask(tt.text); got != tt.want {
				t.Errorf("text(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestMasker_keeps(t *testing.T) {
	t.Parallel()
	m := newMasker()
	for _, text := range []string{
		"dir_1234567890", "reg_30012345", "U024BE7LH", "C0123456789", "send 01JD0Q8Z3V5KXW2N7M4R6T8Y9B",
		"trigger 13345224609.738474920.8088930838d88f008e0", "ts 1700000000.123456", "(1700000000.123456)",
		"550e8400-e29b-41d4-a716-446655440000", "e0a1b2c3-1234-4716-8716-446655440000", "12345678-1234-4abc-8def-123456789abc",
		"2026-11-20T14:10:30.123456789Z", "2026-11-20 14:10:30", "2026/11/20", "(2026-11-20)",
		"took 1.234567891s", "1234567µs", "30s", "dial tcp 192.168.100.100:6379", "10.0.0.12", "[::1]:8080",
		"127.0.0.1:6379->127.0.0.1:55555", "POST /v3/directory/list: 422 (507, Directory not found.)",
		"go1.26.8", "v9.23.0", "<@U024BE7LH>", "123456", "page 3 of 12", "a @ b", "@mia",
		"commit 8c6d4c9c512345678901234567890123456789ab",
	} {
		if got := m.mask(text); got != text {
			t.Errorf("text(%q) = %q, want it as it is", text, got)
		}
	}
}

func TestNewLog_masksMessagesAndValues(t *testing.T) {
	t.Parallel()
	for _, format := range []LogFormat{"json", "text"} {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			c := Defaults()
			c.LogFormat = format
			c.CoupontoolsClientSecret = "hushhush"
			log := NewLog(&out, c).With("with", "+32470000001").WithGroup("group")

			log.Info("message to +32470000002",
				"text", "mia2@example.com",
				"err", fmt.Errorf("send: %w", errors.New("bad number 0470000003")),
				"list", []string{"+32470000004", "mia5@example.com"},
				"raw", []byte("hushhush"),
				"struct", struct{ To string }{"+32470000006"},
				"pointer", &struct{ To string }{"+32470000007"},
				slog.Group("inner", "to", "0470000008"),
				"secret", c.CoupontoolsClientSecret,
				"took", 1234567891*time.Nanosecond, "count", 1234567, "id", "dir_1234567",
			)
			log.Debug("not logged")

			got := out.String()
			for _, private := range []string{"47000000", "mia", "hushhush", "not logged"} {
				if strings.Contains(got, private) {
					t.Errorf("log has %q: %s", private, got)
				}
			}
			for _, kept := range []string{"INFO", "message to [phone]", "dir_1234567", "1234567", "send: bad number [phone]"} {
				if !strings.Contains(got, kept) {
					t.Errorf("log lacks %q: %s", kept, got)
				}
			}
		})
	}
}

// FuzzMasker_phones checks that phone numbers are masked between any other text.
func FuzzMasker_phones(f *testing.F) {
	f.Add(uint64(470123456), uint8(0), uint8(0), "to ", " failed")
	f.Add(uint64(2125550123), uint8(1), uint8(2), "(", ")")
	f.Add(uint64(612345678), uint8(2), uint8(1), "phone:", "\n")
	regions := []string{"BE", "US", "NL", "DE", "FR", "GB", "IS", "BR", "JP", "IN"}
	formats := []phonenumbers.PhoneNumberFormat{phonenumbers.E164, phonenumbers.INTERNATIONAL, phonenumbers.RFC3966}
	m := newMasker()
	f.Fuzz(func(t *testing.T, national uint64, region, format uint8, before, after string) {
		number := &phonenumbers.PhoneNumber{NationalNumber: &national}
		code := int32(phonenumbers.GetCountryCodeForRegion(regions[int(region)%len(regions)]))
		number.CountryCode = &code
		if !phonenumbers.IsValidNumber(number) {
			t.Skip("no number")
		}
		written := phonenumbers.Format(number, formats[int(format)%len(formats)])

		got := m.mask(before + written + after)

		if strings.Contains(got, written) {
			t.Errorf("text(%q) = %q, want %s masked", before+written+after, got, written)
		}
	})
}

// FuzzMasker_addresses checks that e-mail addresses are masked between any other text.
func FuzzMasker_addresses(f *testing.F) {
	f.Add("mia", "example.com", "to ", ": no")
	f.Add("a.b-c_d+e", "xn--bcher-kva.example", "<", ">")
	m := newMasker()
	f.Fuzz(func(t *testing.T, local, domain, before, after string) {
		for _, part := range []string{local, domain} {
			if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789.-_+") != "" {
				t.Skip("no address")
			}
		}
		written := local + "@" + domain

		got := m.mask(before + written + after)

		if strings.Contains(got, written) {
			t.Errorf("text(%q) = %q, want %s masked", before+written+after, got, written)
		}
	})
}

// TestMasker_longText checks that masking takes linear time: with quadratic time it would run for minutes.
func TestMasker_longText(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("1 ", 200_000) + "x"

	if got := newMasker().mask(text); strings.Contains(got, "1 1 1") {
		t.Errorf("text() of a long run of digits = %.50q…, want it masked", got)
	}
}

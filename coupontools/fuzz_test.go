package coupontools_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/coupontools/couponbot/coupontools"
)

func FuzzDecodeDirectories(f *testing.F) {
	for _, seed := range []string{
		`{"status":{"status":"OK"},"amount_of_directories":1,"directory":[{"ID":"dir_1","name":"A","payment":{"amount":"4.50"}}]}`,
		`{"directories":{"0":{"id":1},"dir_2":{"id":2}}}`, `{"data":{"data":{"data":[]}}}`, `[[[]]]`, `[{"id":{"id":1}}]`,
		`{"directory":null,"total":"0"}`, `{"directory":[{"ID":"dir_1","id":"dir_2"}]}`, `[{"id":1,"payment":[[{}]]}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := coupontools.DecodeDirectories(body)
		if err != nil {
			if got != nil || !utf8.ValidString(err.Error()) || len(err.Error()) > 20_000 {
				t.Errorf("decode = %v, %v", got, err)
			}
			return
		}
		for _, d := range got {
			if d.ID == "" || d.Name == "" || len(d.ID) > 68 || len(d.Name) > 300*utf8.UTFMax || strings.ContainsAny(d.Name, "\r\n\x00") {
				t.Errorf("decoded %+v", d)
			}
		}
		again, err := coupontools.DecodeDirectories(body)
		if err != nil || len(again) != len(got) {
			t.Errorf("the second time: %v, %v", again, err)
		}
	})
}

func FuzzDecodeUsers(f *testing.F) {
	f.Add([]byte(`{"user":[{"ID":"reg_1","first_name":"A","payment":{"status":"x"},"x":[1]}]}`))
	f.Add([]byte(`{"users":{"1":{"id":"1","Email":"a@b.c","e_mail":""}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := coupontools.DecodeUsers(body)
		if err != nil {
			return
		}
		for _, u := range got {
			u.RegisteredAt()
			u.PaymentExpiresAt()
			if u.ID == "" || len(u.Extra) > 30 || strings.ContainsAny(u.Name(), "\r\n\x00") {
				t.Errorf("decoded %+v", u)
			}
		}
	})
}

// No answer is both success and refusal, and invalid JSON is neither.
func FuzzVerdict(f *testing.F) {
	f.Add([]byte(`{"status":{"status":"OK"}}`))
	f.Add([]byte(`{"status":{"status":"failed","errors":{"error_code":[510],"error_message_description":["x"]}}}`))
	f.Add([]byte(`{"status":{"status":"failed"},"errors":[{"error_code":"505","error_message":"y"},"z"]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		ok, refused, codes, texts := coupontools.Verdict(body)
		if ok && refused || len(codes) > 8 || len(texts) > 8 {
			t.Errorf("verdict = %v, %v, %v, %q", ok, refused, codes, texts)
		}
	})
}

// No answer makes a call panic or puts a secret into an error.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		`{"status":{"status":"OK"},"coupon_info":[{"ID":"cam_1","name":"A","usage_stats":{"codes":1}}]}`,
		`{"status":{"status":"OK"},"data":[{"session":"k3v9t0","sequenceid":"1","status":{"opened":"1","open_date_utc":"2022-05-01 09:00:10"}}]}`,
		`{"status":{"status":"OK"},"session":"k3v9t0","data":{"status":{"claimed":1},"consumer":{"a":[{}]}}}`,
		`{"status":{"status":"OK"},"subaccount":[{"ID":"sub_1","api_key":"1","campaigns":{"0":{"ID":"cam_1"}},"access_x":true}]}`,
		`{"status":{"status":"OK"},"subaccount":{"ID":"sub_1","token":"a","url":"https://a.example"}}`,
		`[{"id":1,"points":"1e3","voided":true}]`, `{"result":"valid","webhook":"evt_1"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for name, read := range coupontools.Decoders() {
			got, err := read(body)
			if err != nil && (!utf8.ValidString(err.Error()) || len(err.Error()) > 20_000) {
				t.Errorf("%s: %v", name, err)
			}
			if on, ok := got.(*coupontools.SignOn); ok && on != nil && strings.HasPrefix(string(on.URL), "javascript") {
				t.Errorf("%s: the link %q", name, string(on.URL))
			}
		}
	})
}

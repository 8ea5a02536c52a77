package coupontools

import "time"

func prefixed(_, id string) string { return id }
func parseTime(string) (t time.Time, ok bool) { return t, ok }
func decodeDirectories([]byte) ([]Directory, error) { return nil, nil }
func decodeDirectory([]byte, string) (*Directory, error) { return nil, nil }
func decodeUsers([]byte) ([]DirectoryUser, error) { return nil, nil }
func decodePaymentStatus([]byte, PaymentUpdate) (*PaymentStatus, error) { return nil, nil }
func decodeSent([]byte) (*Sent, error) { return nil, nil }

package sends

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
)

// acceptedRevisions is how much the revision grows when a person accepts the list: more than any other process can have seen
// beyond this one.
const acceptedRevisions = 1_000_000

// Acceptance is the result of accepting a list.
type Acceptance struct {
	// People are on the list. SetAside were on it or on older lists, and couldn't be recognised.
	People, SetAside int
}

// AcceptSuppressionList accepts the do-not-contact list as it is, with the current key: after a loss, with the remaining
// people; if the list or an older one has another key, without the people who couldn't be recognised. They are set aside. It
// writes an audit entry.
func (s *Service) AcceptSuppressionList(ctx context.Context, by Actor) (Acceptance, error) {
	l, accepted, err := s.accept(ctx)
	if err != nil {
		return Acceptance{}, fmt.Errorf("accept the do-not-contact list: %w", err)
	}
	note := ""
	if accepted.SetAside > 0 {
		note = strconv.Itoa(accepted.SetAside) + " people set aside"
	}
	return accepted, s.Record(ctx, Entry{
		What: "suppress-new", Actor: by, Note: note, Before: strconv.FormatInt(max(l.marked, 0), 10) + " people",
		After: strconv.Itoa(accepted.People) + " people",
	})
}

// accept also returns the state of the list before.
func (s *Service) accept(ctx context.Context) (listState, Acceptance, error) {
	for {
		l, err := s.lists(ctx)
		if err != nil {
			return l, Acceptance{}, err
		}
		key, _ := s.nextKey(l)
		accepted, err := s.adopt(ctx, l, key, l.older, true)
		if !errors.Is(err, errListChanged) {
			return l, accepted, err
		}
	}
}

// adoptKey makes the key of h that of the list, without older lists. With whole, the list counts as whole after that. It
// returns [ErrSuppressionLost] if fewer people than the given number are on the list.
func (s *Service) adoptKey(ctx context.Context, h *hasher, whole bool, people int) error {
	for {
		l, err := s.lists(ctx)
		if err != nil {
			return err
		}
		if int(l.people) < people {
			return ErrSuppressionLost
		}
		if _, err := s.adopt(ctx, l, h.storedKey, nil, whole); !errors.Is(err, errListChanged) {
			return err
		}
	}
}

// adopt makes a key that of the list, with the people hashed with it, on older lists too. Without whole, the list counts as
// lost after that.
func (s *Service) adopt(ctx context.Context, l listState, key string, older []olderList, whole bool) (Acceptance, error) {
	id, was := keyFingerprint(key), l.peopleKey()
	keys, ids := s.listKeys(), []any{}
	var a Acceptance
	if was != id {
		a.SetAside = int(l.people)
	}
	for _, older := range older {
		people, _ := olderKeys(older.prefix)
		olderID := cmp.Or(keyFingerprint(older.key), unknownKey)
		keys, ids = append(keys, people), append(ids, olderID)
		if olderID != id {
			a.SetAside += int(older.people)
		}
	}
	revisions := 0
	if whole {
		revisions = acceptedRevisions
	}
	args := []any{key, l.key, l.revision, l.people, was, s.listKey("aside:"), revisions}
	var err error
	a.People, err = s.changeLists(ctx, adoptListScript, keys, id, append(args, ids...)...)
	return a, err
}

// unknownKey replaces the fingerprint of an unknown key.
const unknownKey = "unknown"

// peopleKey returns the fingerprint of the key that the people are hashed with.
func (l listState) peopleKey() string { return cmp.Or(l.keyID, keyFingerprint(l.key), unknownKey) }

// nextKey returns the key to use from now on: that of the list or of an older list, if the settings allow it; else that of
// the settings; else a random one.
func (s *Service) nextKey(l listState) (key string, random bool) {
	keys := []string{l.key}
	for _, older := range l.older {
		keys = append(keys, older.key)
	}
	for _, key := range keys {
		if _, err := s.newHasher(key); err == nil {
			return key, false
		}
	}
	return s.newKey(), s.cfg.SuppressionKey == ""
}

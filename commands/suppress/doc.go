// Package suppress has the commands about the do-not-contact list.
package suppress

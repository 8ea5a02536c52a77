// Package account has the commands about subaccounts, signing on, and SMS and e-mail groups.
package account

// Package campaign has the commands about campaigns: their cards, sessions, push messages, single-use coupons and
// categories.
package campaign

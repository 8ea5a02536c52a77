// Package loyalty has the commands about loyalty cards, their users and points.
package loyalty

package recipients

// RuleForeign stub.
const RuleForeign Rule = "foreign_without_plus"

func split(cell string, _ Rules) []string { return []string{cell} }

func trimInvisible(s string) (string, int) { return s, 0 }

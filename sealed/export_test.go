package sealed

// PrivateKeyOf lets a test look for the key where it must not be.
func PrivateKeyOf(s *Session) Of[[32]byte] { return s.key.private }

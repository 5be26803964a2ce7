"""How often models and source hosts are asked, by the whole fleet together."""

"""The whole fleet on one machine: started, supervised, found again and stopped."""

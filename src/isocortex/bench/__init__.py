"""Speed: `isocortex bench NAME`, with peers in environments of their own."""

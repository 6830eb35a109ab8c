"""What tests share: phantoms, helpers, independent implementations."""

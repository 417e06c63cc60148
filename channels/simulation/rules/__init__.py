"""What can be tried, and how the numbers of before and after are compared."""

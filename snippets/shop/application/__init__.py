"""What can be done with the shop, and the ports that this takes."""

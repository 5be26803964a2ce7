"""The model's door: requests in the words of the contract, answers as they came, failures by what to do about them."""

// The answer of a sign-in goes on by itself; without scripts the button does the same.
document.getElementById("answer").submit();
